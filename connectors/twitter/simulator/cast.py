"""The customers who are played on X, and what they write. All names and words are invented."""

from __future__ import annotations

from dataclasses import dataclass

PEOPLE = {
    "fr": (
        "Manon Leclerc", "Sofiane Kaci", "Clara Besson", "Jules Marty", "Aïcha Traoré", "Loïc Penven",
        "Mathilde Roy", "Enzo Ferretti", "Sarah Lévy", "Bastien Colin",
    ),
    "en": (
        "Jasper Quinn", "Leila Osman", "Beth Carrow", "Rahul Menon", "Nina Petrova", "Callum Reid",
        "Tessa Vandermeer", "Omar Siddiq", "Holly Finch", "Andre Baptiste",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody says of themselves, and what they may ask when they got an answer."""

    text: str
    more: tuple[str, ...] = ()


STORIES = (
    "We now answer here on X as well, every day from 8 am to 8 pm. Say hello! 👋",
    "Planned maintenance on Sunday from 2 to 4 am: the app and the shop take a short break.",
    "New in all stores & online: bring back your old phone and get a voucher for the next one.",
)

# {brand} stands where the brand is named.
MENTIONS = {
    "fr": (
        Line("{brand} commande {order} payée {day}, aucun mail depuis. Quelqu’un ?",
             ("Toujours rien en DM non plus…",)),
        Line("Bravo {brand} pour l’appli en panne un lundi matin 👏 #service"),
        Line("{brand} je peux changer l’adresse de ma commande {order} ?", ("Super, et le délai reste le même ?",)),
        Line("Quelqu’un a réussi à joindre {brand} aujourd’hui ? 40 min d’attente…"),
        Line("{brand} facturé deux fois {amount} € & pas de réponse au mail. Merci de regarder."),
        Line("Franchement {brand}, livreur au top ce matin, merci !"),
        Line("{brand} le lien https://shop.example.com/suivi/{order} ne marche plus", ("OK, ça marche maintenant 👍",)),
        Line("{brand} votre code promo expire quand exactement ?"),
    ),
    "en": (
        Line("{brand} order {order} still says “processing” since {day}. What is going on?",
             ("Thanks. Can I still cancel it?",)),
        Line("Is {brand} down for anyone else? Cannot log in since this morning #outage"),
        Line("{brand} charged me {amount} twice & nobody answers my mails", ("And when will I see it back?",)),
        Line("Big thanks to {brand} for the quick swap in the store today 🙌"),
        Line("{brand} do I need the receipt for a return?", ("Great, and within how many days?",)),
        Line("Hey {brand} the tracking link https://shop.example.com/track/{order} is dead"),
        Line("Third broken delivery in a row, {brand}. I am out of patience 😡"),
        Line("{brand} is the trade-in voucher valid online too?"),
    ),
}  # fmt: skip

REPLIES = {
    "fr": ("Et en Belgique, c’est valable aussi ?", "Enfin, merci !",
           "Vous répondez vraiment ? Commande {order}, aidez-moi.",
           "Même souci depuis {day}."),
    "en": ("Does this work for business customers as well?", "Finally, thank you!",
           "So can you look at order {order}?",
           "Same trouble since {day}."),
}  # fmt: skip

QUOTES = {
    "fr": ("Belle promesse. Ma commande {order} attend depuis {day}.", "Voilà une bonne idée 👏"),
    "en": ("Nice words. My order {order} waits since {day}.", "Now that is a good idea 👏"),
}

MESSAGES = {
    "fr": (
        Line("Bonjour, voici mon numéro de commande : {order}. Où est-elle ?",
             ("Merci, je peux la faire livrer ailleurs ?",)),
        Line("Je préfère vous écrire ici : on m’a débité {amount} € par erreur."),
        Line("Bonsoir, mon compte est bloqué depuis {day}.", ("Je n’ai pas reçu le mail…",)),
        Line("Comment supprimer mes données chez vous ?"),
    ),
    "en": (
        Line("Hi, as asked here is my order number: {order}.", ("Thank you. Shall I send a photo as well?",)),
        Line("Rather not in public: you charged {amount} to the wrong card."),
        Line("My account is locked since {day}, the reset mail never comes.", ("It came now, thanks!",)),
        Line("Can you change the name on my invoice for order {order}?"),
    ),
}  # fmt: skip

THANKS = {
    "fr": ("Merci pour la réponse rapide !", "Parfait, merci 🙏", "C’est noté, bonne journée !"),
    "en": ("Thanks for the quick reply!", "Perfect, thank you 🙏", "Got it, have a nice day!"),
}

DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
}

"""The customers who are played, and what they say. All names and words are invented."""

from __future__ import annotations

from dataclasses import dataclass

PEOPLE = {
    "fr": (
        "Amélie Petit", "Karim Haddad", "Léa Fontaine", "Benoît Lefèvre", "Inès Moreau", "Théo Garnier",
        "Chloé Vasseur", "Youssef Benali", "Élodie Marchand", "Gaëtan Roussel", "Fatou Diallo", "Maëlys Perrot",
        "Jean-Luc Tessier", "Nadia Cherif", "Rémi Aubert", "Zoé Lacroix", "Françoise Guérin", "Hugo Delmas",
    ),
    "en": (
        "Oliver Grant", "Priya Nair", "Hannah Doyle", "Marcus Webb", "Sofía Reyes", "Liam O’Connor", "Grace Okafor",
        "Tom Ellison", "Mei Lin Chua", "Daniel Novak", "Ruth Abernathy", "Aisha Rahman", "Peter Lindqvist",
        "Emma Castellano", "Noah Whitfield", "Zainab Yusuf", "Chloe Hartley", "Viktor Hansen",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody says of themselves, and what they may ask when they got an answer."""

    text: str
    more: tuple[str, ...] = ()


STORIES = (
    "Our new opening hours: from Monday on, all our stores stay open until 8 pm. See you soon! 🕗",
    "🚚 Livraison offerte ce week-end dès 30 € d’achat, en magasin relais comme à domicile.",
    "Version 4.2 of our app is out: follow your parcel live and find every invoice in one place.",
)

COMMENTS = {
    "fr": (
        Line("Bonjour, ma commande n° {order} devait arriver {day} et toujours rien… Que se passe-t-il ?",
             ("Et je fais quoi si elle n’arrive pas demain ?",)),
        Line("La livraison offerte, c’est valable aussi en Corse ?", ("Merci ! Et pour les DOM-TOM ?",)),
        Line("Encore un colis déposé chez le voisin sans avis de passage 😡"),
        Line("Super service au magasin ce matin, merci à toute l’équipe ! 👏"),
        Line("L’appli plante dès que j’ouvre mes factures depuis la mise à jour. Android 14.",
             ("Je l’ai déjà réinstallée, même chose. Une autre idée ?",)),
        Line("Le code promo ne marche pas au moment de payer, j’ai « code invalide »."),
        Line("Vous ouvrez le 1er novembre ou pas ? Le site dit oui, la porte dit non."),
        Line("J’ai reçu un article abîmé, on fait comment pour l’échange ?",
             ("Les frais de retour sont à ma charge ?",)),
        Line("Toujours aucune réponse à mon mail de {day}. C’est long…"),
        Line("Impossible de joindre le service client, 25 minutes d’attente hier !"),
        Line("Est-ce que le modèle bleu revient bientôt en stock ?"),
        Line("Très déçue : deux erreurs sur la même commande ({order})."),
        Line("Le suivi est bloqué sur « en préparation » depuis {day}."),
        Line("Bravo pour les horaires du soir, ça change la vie 😊"),
        Line("Est-ce qu’on peut retirer en magasin une commande passée sur l’appli ?"),
        Line("Vous m’avez facturé deux fois {amount} € !!! C’est normal ?",
             ("D’accord. Sous combien de jours le remboursement ?",)),
    ),
    "en": (
        Line("Hi, my order {order} was due on {day} and the tracking has not moved since. Any news?",
             ("Thanks. Will I get an e-mail when it leaves the warehouse?",)),
        Line("Is the late opening for the harbour store as well?", ("And on Sundays?",)),
        Line("The app logs me out every single time I open it since 4.2. iPhone 13.",
             ("Cleared it, no luck. Is there an older version I can use?",)),
        Line("Just wanted to say the lady at the returns desk was brilliant. Thank you! 🙌"),
        Line("Why was I charged {amount} twice for the same order?", ("How long until I see the money back?",)),
        Line("Parcel arrived with the box wide open and one item missing 😕 Order {order}."),
        Line("Does free delivery count for click and collect too?"),
        Line("Third time the courier says “nobody home”. I work from home!"),
        Line("Can I still change the address of an order I placed an hour ago?",
             ("It says “locked” on my side. Could you change it for me?",)),
        Line("Where do I find my invoice for {day}? The link in the mail is dead."),
        Line("The voucher from the newsletter will not apply. Anyone else?"),
        Line("Great update, live tracking finally works. Well done 👍"),
        Line("I asked for a refund two weeks ago and heard nothing."),
        Line("Do you ship to Ireland these days?"),
        Line("Waited 40 minutes on the phone and then got cut off. Not impressed."),
        Line("Which store has the green one in size M?"),
    ),
}  # fmt: skip

MESSAGES = {
    "fr": (
        Line("Bonjour, pouvez-vous me dire où en est ma commande {order} ?",
             ("D’accord, et le livreur appelle avant de passer ?",)),
        Line("Bonsoir, je voudrais annuler la commande {order} passée par erreur.",
             ("Et le remboursement, c’est quand ?",)),
        Line("J’ai besoin d’une facture au nom de ma société, c’est possible ?",
             ("Parfait. Vous pouvez l’envoyer à la comptabilité aussi ?",)),
        Line("Le livreur a noté « refusé » alors que j’étais là toute la journée."),
        Line("Mon compte est bloqué après trois essais de mot de passe.",
             ("Je n’ai pas reçu le mail de réinitialisation…",)),
        Line("Il manque la notice dans mon colis. Vous l’avez en PDF ?"),
        Line("Bonjour ! Est-ce que le magasin de la gare prend les retours des commandes en ligne ?"),
        Line("Merci pour votre aide hier, tout est rentré dans l’ordre 🙏"),
        Line("Prélèvement de {amount} € sur mon compte ce matin, à quoi ça correspond ?"),
        Line("Je suis sourde, je ne peux pas téléphoner. On peut tout régler par écrit ?",
             ("Merci beaucoup, c’est rare et ça fait plaisir.",)),
        Line("La carte cadeau ne passe pas en caisse, code {order}."),
        Line("Vous livrez le samedi matin ?"),
        Line("Je n’arrive pas à me connecter sur l’application depuis {day}."),
        Line("Le vendeur m’avait promis un avoir, je ne vois rien sur mon compte."),
    ),
    "en": (
        Line("Hello, could you check order {order} for me please?", ("Great. Can it go to a pickup point instead?",)),
        Line("I received the wrong size. How do I swap it?", ("Do I have to print the label myself?",)),
        Line("My account shows someone else’s address?! Please look into this.", ("Should I change my password too?",)),
        Line("Could you resend the invoice for order {order}? My accountant is waiting."),
        Line("Payment of {amount} went through but I got no confirmation.",
             ("Found it in spam, sorry! All good then.",)),
        Line("The driver left the parcel in the rain. Photos follow."),
        Line("Hi! Is the store by the station open on {day}?"),
        Line("How can I delete my account and everything you have about me?"),
        Line("Gift card balance is wrong since the update of the app."),
        Line("Just a thank you for sorting out my return so fast."),
        Line("Can I pay in three instalments?", ("And is there a fee for that?",)),
        Line("I have been a customer for ten years and this is the worst delivery so far. Order {order}."),
        Line("Can you hold my parcel until {day}? We are away."),
        Line("The promo code says expired but the banner says it ends on {day}."),
    ),
}  # fmt: skip

POSTS = {
    "fr": (
        Line("Une heure de queue pour un retrait de deux minutes au magasin du centre. À revoir !"),
        Line("Merci au livreur d’hier qui a monté le lave-linge jusqu’au 4e. Chapeau !"),
        Line("Quelqu’un sait si la garantie couvre l’écran ? Je n’ai pas de réponse du service client."),
        Line("Commande {order} : trois semaines de retard et aucune excuse. Je veux être remboursé."),
    ),
    "en": (
        Line("Ordered on {day}, promised next day, still nothing. Order {order}. Please fix this."),
        Line("Shout-out to the team at the old town store: helpful, quick and kind."),
        Line("Is your website down? I cannot check out since this morning."),
        Line("The handle broke after two days. What does the guarantee cover?"),
    ),
}

REVIEWS = {
    "fr": (
        (5, "Équipe à l’écoute, livraison dans les temps. Je recommande."),
        (4, "Bon choix, mais l’attente en caisse est longue."),
        (2, "Colis en retard et service client injoignable."),
        (1, "Commande jamais reçue, toujours pas remboursée."),
    ),
    "en": (
        (5, "Quick delivery and very friendly people on the phone."),
        (4, "Good shop, the app could be better."),
        (2, "Two wrong items in one order. It was sorted out, slowly."),
        (1, "Nobody answers. Avoid."),
    ),
}

THANKS = {
    "fr": (
        "Merci beaucoup pour votre réponse rapide !", "Parfait, merci 🙏", "Super, c’est noté. Bonne journée !",
        "Ok merci, j’attends votre retour.", "Merci, problème réglé 👍",
    ),
    "en": (
        "Thanks, that was quick!", "Perfect, thank you 🙏", "Great, that helps. Have a nice day!",
        "OK thanks, I’ll wait for your message.", "All sorted, cheers 👍",
    ),
}  # fmt: skip

AGREEING = {
    "fr": ("Pareil pour moi !", "Même souci ici depuis {day}.", "Idem, commande {order}."),
    "en": ("Same here!", "Same problem since {day}.", "Me too, order {order}."),
}

DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
}

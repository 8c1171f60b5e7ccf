"""Words of customer care, made up: two languages whose words are as frequent and as rare as in real ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate, product

FRENCH = """de la le les et à en un une des que je est pas vous pour ne du il ce qui dans sur nous avec mon ma mes plus
sont mais par au été vos votre ai avez me bonjour merci commande colis livraison toujours reçu service client depuis
délai retard remboursement numéro réponse jours semaine magasin produit facture compte problème fonctionne abonnement
ligne téléphone connexion panne réseau débit forfait contrat résiliation mot passe application mise jour attente aucun
personne suivi transporteur adresse article taille échange retour étiquette paiement carte prélèvement erreur prix
promotion code avoir cadeau boutique conseiller technicien rendez-vous intervention coupure facturé garantie réparation
livré expédié annuler annulation modifier changer déçu inacceptable honteux scandale excellent parfait rapide sympa
hôtel vol bagage billet train réservation siège départ arrivée météo grève indemnisation réclamation"""
ENGLISH = """the to and a i is of my it in you for not on have with your this that was be are at we they but me so
when can has no please order parcel delivery still received hello thanks refund number reply customer service since
days week store product invoice account issue working subscription phone connection outage network speed plan contract
cancel password app update waiting nobody tracking carrier address item size exchange return label payment card charge
error price promotion code voucher gift shop adviser engineer appointment visit broadband billed warranty repair
delivered dispatched changed disappointed unacceptable awful excellent perfect quick friendly hotel flight luggage
ticket train booking seat departure arrival strike compensation complaint missing broken damaged late wrong help"""
FIRST_NAMES = """Marie Gaëlle Zoé Léa Chloé Inès Amélie Hélène Sophie Camille Lucas Théo François Jérôme Noël Émile
Hugo Louis Mathis Adrien Alice Emma Olivia Sarah Grace Hannah Lucy Molly Jack Harry George Oliver Thomas James Daniel
Liam Noah Omar Fatima Yasmine Karim Amina Wei Mei Kenji Ana João Paulo Ingrid Søren"""
_STARTS = ("br", "ch", "cl", "cr", "d", "f", "fl", "g", "gr", "l", "m", "n", "p", "pl", "pr", "r", "s", "t", "tr", "v")
_HEARTS = ("a", "e", "i", "o", "ou", "u", "ai", "au", "en", "in", "on", "é", "eu", "oi", "ea")
_MIDDLES = ("b", "c", "d", "l", "m", "n", "p", "r", "rt", "s", "ss", "t", "v", "nt", "ll")
_ENDS = {"fr": ("er", "ation", "eur", "ement", "age", "able", "ique", "é", "ière", "ure"),
         "en": ("ing", "er", "ness", "ed", "ly", "able", "ity", "al", "ment", "s")}  # fmt: skip
EACH = 14_000


def vocabulary(language: str, chance: random.Random) -> list[str]:
    """The most frequent word first: real ones, then `EACH` made up of syllables."""
    made = ["".join(parts) for parts in product(_STARTS, _HEARTS, _MIDDLES, _ENDS[language])]
    chance.shuffle(made)
    return [*(FRENCH if language == "fr" else ENGLISH).split(), *made[:EACH]]


def surnames(number: int, chance: random.Random) -> list[str]:
    made = ["".join(parts).capitalize() for parts in product(_STARTS, _HEARTS, _MIDDLES, ("ot", "ier", "son", "ard"))]
    chance.shuffle(made)
    return made[:number]


def fragments(words: Sequence[str], number: int, chance: random.Random) -> list[str]:
    """Pieces of sentences of four to ten words, where the n-th word is n times as rare as the first (Zipf)."""
    weights = list(accumulate(1 / rank for rank in range(2, len(words) + 2)))
    return [" ".join(chance.choices(words, cum_weights=weights, k=chance.randint(4, 10))) for _ in range(number)]

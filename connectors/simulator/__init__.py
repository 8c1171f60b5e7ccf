"""The fake networks: they speak HTTP to the real clients and to the real webhook, and import nothing of either.

Every platform folder with a `simulator` module or package is a network. What is here is
what all of them need; what a network itself does lies in its platform's folder.
"""

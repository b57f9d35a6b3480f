"""Help articles in both languages and the search over them, for questions no intent answers."""

from aftercare.articles.files import Article, load_articles, validate_articles
from aftercare.articles.index import SURE, Hit, article, search

__all__ = ["SURE", "Article", "Hit", "article", "load_articles", "search", "validate_articles"]

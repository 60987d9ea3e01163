"""The log's schema and its migrations, as SQL files."""

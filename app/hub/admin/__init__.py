"""The hub's pages for the people who look after it: made at the server, without scripts."""

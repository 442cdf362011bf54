"""SQLite: the only place with SQL. One module per database, one numbered function per migration."""

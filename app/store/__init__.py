"""Where it is kept: a GeoPackage here and PostGIS at the hub, with the journal, attachments, backup and migrations."""

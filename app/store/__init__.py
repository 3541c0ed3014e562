"""Where it is kept: a GeoPackage here, PostGIS at the hub; journal, attachments, backup and migrations."""

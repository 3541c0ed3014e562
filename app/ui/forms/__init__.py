"""Forms made from the declarations of fields: one editor per kind of field."""

"""WHAT the data is: fields, entities, workflows, standards, coordinates, change sets. Pure."""

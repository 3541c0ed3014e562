"""The sheet as data: items placed in millimetres, ready-made sheets, map series."""

"""Files of map pictures: tiles in MBTiles, GeoPackage, PMTiles and folders, and GeoTIFF."""

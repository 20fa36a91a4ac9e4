"""What Home Assistant's and HACS's own validators ask of the files, and the limits this project sets itself."""

"""What is special about each desk: its sorts of cases, and what its people do when the rules tell them something."""

"""What each command of manage.py does; nothing imports this but the composition roots."""

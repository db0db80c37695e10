"""Mail: tells whoever looks after the site of alarms and of contests that wait. Nothing at a door waits for it."""

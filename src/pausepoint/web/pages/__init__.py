"""What people and developers see: render functions, templates, and the routes to them."""

"""Posts, shifts and leaves for tests, made by the services as the product makes them."""

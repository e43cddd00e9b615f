"""A ticket as pages show it: `core` puts the page together, each room adds its acts, its words of the timeline and its sections."""

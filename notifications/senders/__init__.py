"""One sender for each channel: takes what is to be said, says it, or says why not. They know no models and hold no transaction."""

"""The Processor API, as small as Kafka's: `init`, `process`, `close`; context, punctuation, time and error handling."""

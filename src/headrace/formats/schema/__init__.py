"""Between Python types and schemas: one model of a type, from which Avro, JSON Schema and Protobuf schemas are made."""

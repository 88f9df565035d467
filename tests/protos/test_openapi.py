"""The two OpenAPI documents say what the contract says, in forms that CRM platforms import."""
import json
import os
import pathlib
import re
import unittest

import protoc

DIRECTORY = pathlib.Path(os.environ["TIERMARK_OPENAPI"])
SERVICES = [f"tiermark/v1/{name}_service.proto" for name in ("account", "admin", "model", "scoring")]
ERROR_DETAILS = ("ErrorInfo", "RetryInfo", "BadRequest")

# Messages that JSON writes in a form of their own.
STRINGS = {"google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask"}
OBJECTS = {"google.protobuf.Any"}

# Kinds of fields by their numbers in FieldDescriptorProto.Type.
KINDS = {1: "number", 2: "number", 3: "string", 4: "string", 5: "integer", 8: "boolean",
         9: "string", 12: "string", 13: "integer", 14: "string"}
FORMATS = {None, "byte", "date-time", "double", "float", "int32", "int64"}

# Of one request or response, as Power Platform counts them: with references put in.
SCHEMAS_MAX = 512
# Of a document that Power Platform takes, and of a description that Salesforce keeps whole.
DOCUMENT_BYTES_MAX = 1 << 20
DESCRIPTION_CHARACTERS_MAX = 1333


def comments_of(files):
    """Whether there is a comment above it, for each enum value by name."""
    out = {}
    for file in files.file:
        commented = {tuple(place.path) for place in file.source_code_info.location
                     if place.leading_comments.strip()}
        for index, enum in enumerate(file.enum_type):
            for number, value in enumerate(enum.value):
                out[f"{file.package}.{value.name}"] = (5, index, 2, number) in commented
    return out


def schema_name(message):
    name = message.full_name
    prefix = "tiermark.v1."
    if name.startswith(prefix):
        return name[len(prefix):].replace(".", "")
    return "".join(part[0].upper() + part[1:] for part in name.split("."))


class Document:
    """One of the documents, whichever form it has."""

    def __init__(self, name):
        self.name = name
        self.bytes = (DIRECTORY / name).read_bytes()
        self.json = json.loads(self.bytes)
        if name == "openapi.json":
            self.prefix = "#/components/schemas/"
            self.schemas = self.json["components"]["schemas"]
        else:
            self.prefix = "#/definitions/"
            self.schemas = self.json["definitions"]

    def operations(self):
        return [(path, item["post"]) for path, item in self.json["paths"].items()]

    def request_of(self, operation):
        if self.name == "openapi.json":
            return operation["requestBody"]["content"]["application/json"]["schema"]
        return next(p["schema"] for p in operation["parameters"] if p["in"] == "body")

    def response_of(self, operation, status):
        response = operation["responses"][status]
        if self.name == "openapi.json":
            return response["content"]["application/json"]["schema"]
        return response["schema"]

    def schema_of(self, reference):
        return self.schemas[reference["$ref"].removeprefix(self.prefix)]

    def size_of(self, schema):
        """Schemas in it, with references put in."""
        if "$ref" in schema:
            return self.size_of(self.schema_of(schema))
        parts = list(schema.get("properties", {}).values())
        parts += [schema[key] for key in ("items", "additionalProperties") if key in schema]
        return 1 + sum(self.size_of(part) for part in parts)


def walk(node, is_property_list=False):
    """Every JSON object in a document, and whether its keys are names of properties."""
    if isinstance(node, dict):
        yield node, is_property_list
        for key, value in node.items():
            yield from walk(value, key == "properties" and not is_property_list)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


class OpenApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        files = protoc.file_set(SERVICES + ["google/rpc/error_details.proto"])
        cls.pool = protoc.pool_of(files)
        cls.commented = comments_of(files)
        cls.services = [cls.pool.FindServiceByName(f"tiermark.v1.{service.name}")
                        for file in files.file if file.name in SERVICES for service in file.service]
        protos = {(file.package, service.name, method.name): method for file in files.file
                  for service in file.service for method in service.method}
        cls.unary, cls.streams = [], []
        for service in cls.services:
            for method in service.methods:
                proto = protos["tiermark.v1", service.name, method.name]
                streams = proto.client_streaming or proto.server_streaming
                (cls.streams if streams else cls.unary).append(method)
        cls.documents = [Document("openapi.json"), Document("swagger.json")]

    def each_document(self):
        for document in self.documents:
            with self.subTest(document=document.name):
                yield document

    def reachable(self):
        """Every message that the unary calls and their errors are made of."""
        found = {}
        waiting = [m for method in self.unary for m in (method.input_type, method.output_type)]
        details = [self.pool.FindMessageTypeByName(f"google.rpc.{name}") for name in ERROR_DETAILS]
        waiting += [f.message_type for detail in details for f in detail.fields if f.message_type]
        while waiting:
            message = waiting.pop()
            if message.full_name in found or message.full_name in STRINGS | OBJECTS:
                continue
            found[message.full_name] = message
            waiting += [field.message_type for field in message.fields if field.message_type]
        return [m for m in found.values() if not m.GetOptions().map_entry]

    def test_each_unary_call_is_there_once_and_no_stream(self):
        self.assertGreaterEqual(len(self.unary), 45)
        self.assertGreaterEqual(len(self.streams), 5)
        for document in self.each_document():
            paths = [path for path, _ in document.operations()]
            self.assertCountEqual(
                paths, [f"/{m.containing_service.full_name}/{m.name}" for m in self.unary])
            for stream in self.streams:
                self.assertIn(stream.name, document.json["info"]["description"])

    def test_calls_have_the_messages_of_their_rpc(self):
        for document in self.each_document():
            operations = dict(document.operations())
            for method in self.unary:
                operation = operations[f"/{method.containing_service.full_name}/{method.name}"]
                self.assertEqual(document.request_of(operation),
                                 {"$ref": document.prefix + schema_name(method.input_type)})
                self.assertEqual(document.response_of(operation, "200"),
                                 {"$ref": document.prefix + schema_name(method.output_type)})
                self.assertEqual(document.response_of(operation, "default"),
                                 {"$ref": document.prefix + "Error"})
                self.assertEqual(operation["tags"], [method.containing_service.name])
                self.assertTrue(operation["summary"] and operation["description"])

    def test_every_field_is_there_by_its_json_name_and_kind(self):
        for document in self.each_document():
            messages = self.reachable()
            self.assertGreater(len(messages), 100)
            for message in messages:
                with self.subTest(message=message.full_name):
                    schema = document.schemas[schema_name(message)]
                    self.assertEqual(schema["type"], "object")
                    properties = schema.get("properties", {})
                    self.assertEqual(list(properties), [f.json_name for f in message.fields])
                    for field in message.fields:
                        self.check_field(document, field, properties[field.json_name])

    def check_field(self, document, field, schema):
        with self.subTest(field=field.full_name):
            if field.message_type and field.message_type.GetOptions().map_entry:
                self.assertEqual(schema["type"], "object")
                self.check_value(document, field.message_type.fields_by_name["value"],
                                 schema["additionalProperties"])
            elif field.label == field.LABEL_REPEATED:
                self.assertEqual(schema["type"], "array")
                self.check_value(document, field, schema["items"])
            else:
                self.check_value(document, field, schema)

    def check_value(self, document, field, schema):
        if field.enum_type:
            self.assertEqual(schema["type"], "string")
            prefix = field.enum_type.file.package + "."
            self.assertEqual(schema["enum"], [v.name for v in field.enum_type.values
                                              if v.number != 0 or self.commented[prefix + v.name]])
        elif field.message_type is None:
            self.assertEqual(schema["type"], KINDS[field.type])
        elif field.message_type.full_name in STRINGS:
            self.assertEqual(schema["type"], "string")
        elif field.message_type.full_name in OBJECTS or self.is_left_open(document, field):
            self.assertEqual(schema["type"], "object")
            self.assertNotIn("properties", schema)
        else:
            self.assertEqual(schema,
                             {"$ref": document.prefix + schema_name(field.message_type)})

    @staticmethod
    def is_left_open(document, field):
        name = field.full_name.removeprefix("tiermark.v1.")
        if name == "MethodologySection.subsections":
            return True
        return document.name == "swagger.json" and name in ("CompareEvaluationsResponse.from",
                                                            "CompareEvaluationsResponse.to")

    def test_choices_have_zero_only_where_it_means_something(self):
        facts = self.documents[0].schemas["AccountFacts"]["properties"]
        self.assertNotIn("INDUSTRY_REFERENCE_UNSPECIFIED", facts["industryReference"]["enum"])
        due = self.documents[0].schemas["ListReevaluationDueRequest"]["properties"]
        self.assertIn("SEGMENT_UNSPECIFIED", due["segments"]["items"]["enum"])

    def test_no_schema_is_there_for_nothing(self):
        expected = [schema_name(message) for message in self.reachable()]
        expected += ["Error", "ErrorDetail", "ErrorDetailDebug"]
        for document in self.each_document():
            self.assertCountEqual(document.schemas, expected)

    def test_errors_have_what_their_details_have(self):
        for document in self.each_document():
            properties = document.schemas["ErrorDetailDebug"]["properties"]
            for name in ERROR_DETAILS:
                for field in self.pool.FindMessageTypeByName(f"google.rpc.{name}").fields:
                    self.check_field(document, field, properties[field.json_name])

    def test_every_reference_leads_somewhere_and_stands_alone(self):
        for document in self.each_document():
            references = 0
            for node, is_property_list in walk(document.json):
                if "$ref" in node and not is_property_list:
                    references += 1
                    self.assertEqual(list(node), ["$ref"])
                    self.assertIn(node["$ref"].removeprefix(document.prefix), document.schemas)
            self.assertGreater(references, 200)

    def test_only_what_importers_know_is_used(self):
        for document in self.each_document():
            for node, is_property_list in walk(document.json):
                if is_property_list:
                    continue
                for keyword in ("oneOf", "anyOf", "allOf", "not", "nullable", "discriminator"):
                    self.assertNotIn(keyword, node)
                if node.get("type") in ("string", "integer", "number"):
                    self.assertIn(node.get("format"), FORMATS)
                if "additionalProperties" in node:
                    self.assertIsInstance(node["additionalProperties"], dict)

    def test_names_are_those_that_importers_keep(self):
        for document in self.each_document():
            ids = [operation["operationId"] for _, operation in document.operations()]
            self.assertCountEqual(ids, [method.name for method in self.unary])
            for name in ids + list(document.schemas):
                self.assertTrue(re.fullmatch("[A-Z][A-Za-z0-9]{1,79}", name), name)
            for _, operation in document.operations():
                self.assertLessEqual(len(operation["description"]), DESCRIPTION_CHARACTERS_MAX,
                                     operation["operationId"])
            self.assertLessEqual(len(document.json["info"]["title"]), 30)
            self.assertLess(len(document.bytes), DOCUMENT_BYTES_MAX)

    def test_no_schema_is_without_end_or_too_large_for_power_platform(self):
        for document in self.each_document():
            largest = max(document.size_of(schema) for schema in document.schemas.values())
            self.assertGreater(largest, 300)
            if document.name == "swagger.json":
                self.assertLessEqual(largest, SCHEMAS_MAX)

    def test_calls_carry_a_key(self):
        openapi, swagger = (document.json for document in self.documents)
        self.assertEqual(openapi["openapi"], "3.0.3")
        self.assertEqual(openapi["servers"], [{"url": "/"}])
        scheme = openapi["components"]["securitySchemes"]["bearer"]
        self.assertEqual((scheme["type"], scheme["scheme"]), ("http", "bearer"))
        self.assertEqual(openapi["security"], [{"bearer": []}])
        self.assertEqual(swagger["swagger"], "2.0")
        scheme = swagger["securityDefinitions"]["key"]
        self.assertEqual((scheme["in"], scheme["name"]), ("header", "Authorization"))
        self.assertEqual(swagger["security"], [{"key": []}])

    def test_power_platform_has_titles(self):
        swagger = self.documents[1]
        facts = swagger.schemas["AccountFacts"]["properties"]
        self.assertEqual(facts["ownerId"]["x-ms-summary"], "Owner ID")
        self.assertEqual(facts["potentialMrr"]["x-ms-summary"], "Potential MRR")
        for _, operation in swagger.operations():
            headers = [p for p in operation["parameters"] if p["in"] == "header"]
            self.assertEqual([header["name"] for header in headers],
                             ["Connect-Timeout-Ms", "X-Request-Id"])
            for header in headers:
                self.assertTrue(header["x-ms-summary"])
                self.assertFalse(header["required"])


if __name__ == "__main__":
    unittest.main()

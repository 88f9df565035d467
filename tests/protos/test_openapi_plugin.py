"""What the plugin makes of types, comments and shapes that our contract may come to have."""
import json
import pathlib
import tempfile
import unittest

import protoc

INT64 = {"type": "string", "pattern": "^-?[0-9]{1,19}$"}
UINT64 = {"type": "string", "pattern": "^[0-9]{1,20}$"}


def described(*files):
    with tempfile.TemporaryDirectory() as directory:
        run = protoc.describe(directory, *files)
        if run.returncode != 0:
            raise RuntimeError(run.stderr)
        return [(pathlib.Path(directory) / name).read_bytes()
                for name in ("openapi.json", "swagger.json")]


class OpenApiPluginTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.document = json.loads(described("sample.proto")[0])
        cls.schemas = cls.document["components"]["schemas"]
        cls.kinds = cls.schemas["SampleV1Kinds"]

    def check(self, expected):
        for name, schema in expected.items():
            with self.subTest(field=name):
                self.assertEqual(self.kinds["properties"][name], schema)

    def test_scalars(self):
        self.check({
            "boolValue": {"type": "boolean"},
            "bytesValue": {"type": "string", "format": "byte"},
            "doubleValue": {"type": "number", "format": "double"},
            "floatValue": {"type": "number", "format": "float"},
            "int32Value": {"type": "integer", "format": "int32"},
            "int64Value": INT64,
            "uint32Value": {"type": "integer", "format": "int64"},
            "uint64Value": UINT64,
            "sint64Value": INT64,
            "fixed64Value": UINT64,
            "stringValue": {"type": "string"},
            "other": {"type": "string"},
            "known": {"type": "integer", "format": "int32"},
        })

    def test_messages_with_a_json_form_of_their_own(self):
        self.check({
            "timestamp": {"type": "string", "format": "date-time"},
            "duration": {"type": "string", "pattern": "^-?[0-9]{1,12}([.][0-9]{1,9})?s$"},
            "fieldMask": {"type": "string"},
            "struct": {"type": "object"},
            "any": {"type": "object"},
            "value": {},
            "wrappedInt64": INT64,
            "wrappedBool": {"type": "boolean"},
            "empty": {"type": "object"},
        })

    def test_enums_maps_and_references(self):
        self.check({
            "color": {"type": "string", "enum": ["COLOR_RED", "COLOR_BLUE"],
                      "description": "Its paint.\n\n- `COLOR_RED`: Like a tomato."},
            "sizes": {"type": "array",
                      "items": {"type": "string", "enum": ["SIZE_UNSPECIFIED", "SIZE_LARGE"]},
                      "description": "- `SIZE_UNSPECIFIED`: Whatever fits."},
            "counts": {"type": "object", "additionalProperties": INT64},
            "outers": {"type": "object",
                       "additionalProperties": {"$ref": "#/components/schemas/SampleV1Outer"}},
            "outer": {"$ref": "#/components/schemas/SampleV1Outer"},
        })
        self.assertEqual(self.schemas["SampleV1Outer"]["properties"]["inners"]["items"],
                         {"$ref": "#/components/schemas/SampleV1OuterInner"})

    def test_a_message_says_what_its_references_cannot(self):
        self.assertEqual(self.kinds["description"],
                         "At most one of `name`, `number` is set.\n\n- `outer`: Where it lies.")

    def test_what_leads_back_is_left_open(self):
        tree, branch = self.schemas["SampleV1Tree"], self.schemas.get("SampleV1Branch")
        self.assertIsNone(branch)
        self.assertEqual(tree["properties"]["branch"],
                         {"type": "object", "description": "Of the shape of SampleV1Branch."})
        self.assertEqual(tree["properties"]["named"]["additionalProperties"], {"type": "object"})

    def test_comments_become_prose(self):
        self.assertEqual(
            self.document["tags"][0]["description"],
            "Tries things. Any call may answer\n\n- UNAVAILABLE: it may be called again;\n\n"
            "and one that writes\n\n- UNKNOWN: nobody knows.")
        self.assertEqual(
            self.document["paths"]["/sample.v1.SampleService/Try"]["post"]["description"],
            "Takes one of each kind.\n\nA second paragraph.\n\n- NOT_FOUND: there is none.\n"
            "- ABORTED: it changed.")

    def test_empty_answers_and_streams(self):
        paths = self.document["paths"]
        self.assertCountEqual(paths, ["/sample.v1.SampleService/Try",
                                      "/sample.v1.SampleService/Grow"])
        answer = paths["/sample.v1.SampleService/Try"]["post"]["responses"]["200"]
        self.assertEqual(answer["content"]["application/json"]["schema"], {"type": "object"})
        self.assertIn("Watch", self.document["info"]["description"])
        self.assertEqual(self.document["info"]["version"], "1.2.3")

    def test_the_same_contract_gives_the_same_bytes(self):
        self.assertEqual(described("sample.proto"), described("sample.proto"))

    def test_what_cannot_be_described_fails_the_build(self):
        for file, message in (("same_name.proto", "have the same name"),
                              ("unknown_type.proto", "no schema for google.protobuf.SourceContext")):
            with self.subTest(file=file), tempfile.TemporaryDirectory() as directory:
                run = protoc.describe(directory, file)
                self.assertNotEqual(run.returncode, 0)
                self.assertIn(message, run.stderr)


if __name__ == "__main__":
    unittest.main()

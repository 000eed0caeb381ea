; inherits: ecmascript
(interface_declaration name: (_) @name) @definition.interface
(abstract_class_declaration name: (_) @name) @definition.class
(enum_declaration name: (_) @name) @definition.enum
(enum_body name: (property_identifier) @name @definition.enum_member)
(enum_assignment name: (_) @name) @definition.enum_member
(type_alias_declaration name: (_) @name) @definition.type
(internal_module name: (_) @name) @definition.module
(module name: (_) @name) @definition.module
(function_signature name: (_) @name) @declaration.function
(method_signature name: (_) @name) @declaration.method
(abstract_method_signature name: (_) @name) @declaration.method
(property_signature name: (_) @name) @definition.field
(public_field_definition name: (_) @name value: [(arrow_function) (function_expression)]) @definition.method
(public_field_definition name: (_) @name) @definition.field
(ambient_declaration) @wrapper

(required_parameter pattern: (identifier) @local)
(optional_parameter pattern: (identifier) @local)
(required_parameter pattern: (rest_pattern (identifier) @local))
(type_parameter name: (type_identifier) @local)
(extends_clause value: [(identifier) @implements (member_expression property: (property_identifier) @implements)])
(implements_clause [(type_identifier) @implements (generic_type name: (type_identifier) @implements) (nested_type_identifier name: (type_identifier) @implements)])
(extends_type_clause type: [(type_identifier) @implements (generic_type name: (type_identifier) @implements) (nested_type_identifier name: (type_identifier) @implements)])
(extends_clause value: (identifier) @reference.type)
(type_identifier) @reference.type

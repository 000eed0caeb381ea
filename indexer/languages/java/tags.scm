(package_declaration (_) @name) @definition.module
(class_declaration name: (_) @name) @definition.class
(record_declaration name: (_) @name) @definition.class
(interface_declaration name: (_) @name) @definition.interface
(annotation_type_declaration name: (_) @name) @definition.interface
(enum_declaration name: (_) @name) @definition.enum
(enum_constant name: (_) @name) @definition.enum_member
(constructor_declaration name: (_) @name) @definition.constructor
(compact_constructor_declaration name: (_) @name) @definition.constructor
(method_declaration name: (_) @name body: (_)) @definition.method
(method_declaration name: (_) @name) @declaration.method
(annotation_type_element_declaration name: (_) @name) @declaration.method
(field_declaration (modifiers "static" "final") declarator: (variable_declarator name: (_) @name)) @definition.constant
(field_declaration declarator: (variable_declarator name: (_) @name)) @definition.field
(constant_declaration declarator: (variable_declarator name: (_) @name)) @definition.constant
(lambda_expression) @scope

(method_declaration (modifiers [(marker_annotation name: (identifier) @_test) (annotation name: (identifier) @_test)]) (#any-of? @_test "Test" "ParameterizedTest" "RepeatedTest" "TestFactory" "Property")) @test
(class_declaration superclass: (superclass (type_identifier) @_case) body: (class_body (method_declaration name: (identifier) @_name) @test) (#eq? @_case "TestCase") (#prefix? @_name "test"))

[(import_declaration) (package_declaration)] @imports
(import_declaration (scoped_identifier) @import)
(import_declaration (scoped_identifier name: (identifier) @reference.import))
(local_variable_declaration declarator: (variable_declarator name: (identifier) @local))
(formal_parameter name: (identifier) @local)
(spread_parameter (variable_declarator name: (identifier) @local))
(catch_formal_parameter name: (identifier) @local)
(enhanced_for_statement name: (identifier) @local)
(inferred_parameters (identifier) @local)
(lambda_expression parameters: (identifier) @local)
(type_parameter (type_identifier) @local)

(superclass [(type_identifier) @implements (generic_type . (type_identifier) @implements) (scoped_type_identifier (type_identifier) @implements .)])
(super_interfaces (type_list [(type_identifier) @implements (generic_type . (type_identifier) @implements) (scoped_type_identifier (type_identifier) @implements .)]))
(extends_interfaces (type_list [(type_identifier) @implements (generic_type . (type_identifier) @implements) (scoped_type_identifier (type_identifier) @implements .)]))

(method_invocation name: (identifier) @reference.call)
(object_creation_expression type: (type_identifier) @reference.type)
[(marker_annotation name: (identifier) @reference.type) (annotation name: (identifier) @reference.type)]
(field_access field: (identifier) @reference.name)
(type_identifier) @reference.type
(identifier) @reference.name

[(line_comment) (block_comment)] @doc

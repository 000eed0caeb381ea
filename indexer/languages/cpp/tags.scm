; inherits: c
; What the grammar takes for expressions: `int (*name)(Key *key);` at file level, and a prototype that has such a parameter.
(expression_statement (call_expression function: (call_expression function: (primitive_type) arguments: (argument_list (pointer_expression argument: (identifier) @name))))) @definition.variable
(declaration declarator: (init_declarator declarator: (identifier) @name value: (argument_list (call_expression function: (call_expression function: (primitive_type)))))) @declaration.function

; TEST(Suite, Name) {...}: GoogleTest's; then Boost's.
(function_definition declarator: (function_declarator declarator: (identifier) @skip parameters: (parameter_list . (parameter_declaration type: (type_identifier) @container !declarator) . (parameter_declaration type: (type_identifier) @name !declarator) .)) (#any-of? @skip "TEST" "TEST_F" "TEST_P" "TYPED_TEST" "TYPED_TEST_P" "TYPED_TEST_SUITE_P")) @definition.function @test

(function_definition declarator: (function_declarator declarator: (identifier) @skip parameters: (parameter_list . (parameter_declaration type: (type_identifier) @name !declarator) .)) (#any-of? @skip "BOOST_AUTO_TEST_CASE" "BOOST_FIXTURE_TEST_CASE")) @definition.function @test

(declaration (type_qualifier "constexpr") declarator: (_) @declarator) @definition.constant
(field_declaration (storage_class_specifier "static") (type_qualifier ["const" "constexpr"]) declarator: (_) @declarator) @definition.constant
(namespace_definition name: (_) @name) @definition.module
(namespace_alias_definition name: (_) @name) @definition.module
(class_specifier name: (_) @declarator body: (_)) @definition.class
(struct_specifier name: [(template_type) (qualified_identifier)] @declarator body: (_)) @definition.struct
(union_specifier name: [(template_type) (qualified_identifier)] @declarator body: (_)) @definition.struct
(alias_declaration name: (_) @name) @definition.type
(concept_definition name: (_) @name) @definition.type
(template_declaration) @wrapper
(lambda_expression) @scope

; Bases.
(base_class_clause [(type_identifier) @implements (template_type name: (type_identifier) @implements) (qualified_identifier name: [(type_identifier) @implements (template_type name: (type_identifier) @implements) (qualified_identifier name: (type_identifier) @implements)])])

(using_declaration (qualified_identifier name: (identifier) @reference.import))
(call_expression function: (qualified_identifier name: (identifier) @reference.call))
(call_expression function: (qualified_identifier name: (qualified_identifier name: (identifier) @reference.call)))
(template_function name: (identifier) @reference.call)
(template_method name: (field_identifier) @reference.call)
(namespace_identifier) @reference.type
(optional_parameter_declaration declarator: (_) @local)
(for_range_loop declarator: (_) @local)
(type_parameter_declaration (type_identifier) @local)

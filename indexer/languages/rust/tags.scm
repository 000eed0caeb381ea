(mod_item name: (_) @name body: (_)) @definition.module
(mod_item name: (_) @name) @declaration.module
(function_item name: (_) @name) @definition.function
(function_signature_item name: (_) @name) @declaration.function
(struct_item name: (_) @name) @definition.struct
(union_item name: (_) @name) @definition.struct
(enum_item name: (_) @name) @definition.enum
(enum_variant name: (_) @name) @definition.enum_member
(trait_item name: (_) @name) @definition.interface
(type_item name: (_) @name) @definition.type
(associated_type name: (_) @name) @declaration.type
(field_declaration name: (_) @name) @definition.field
(const_item name: (_) @name) @definition.constant
(static_item name: (_) @name) @definition.variable
(macro_definition name: (_) @name) @definition.macro
(impl_item type: [(type_identifier) @name (generic_type type: (_) @name) (scoped_type_identifier name: (_) @name) (reference_type type: (type_identifier) @name)]) @scope
(closure_expression) @scope

; #[test], #[tokio::test], with at most one attribute in between.
(source_file (attribute_item (attribute [(identifier) @_test (scoped_identifier name: (identifier) @_test)])) . (function_item) @test (#any-of? @_test "test" "bench" "rstest" "test_case"))
(source_file (attribute_item (attribute [(identifier) @_test (scoped_identifier name: (identifier) @_test)])) . (attribute_item) . (function_item) @test (#any-of? @_test "test" "bench" "rstest" "test_case"))
(declaration_list (attribute_item (attribute [(identifier) @_test (scoped_identifier name: (identifier) @_test)])) . (function_item) @test (#any-of? @_test "test" "bench" "rstest" "test_case"))
(declaration_list (attribute_item (attribute [(identifier) @_test (scoped_identifier name: (identifier) @_test)])) . (attribute_item) . (function_item) @test (#any-of? @_test "test" "bench" "rstest" "test_case"))

(use_declaration argument: (_) @import)
(use_declaration) @imports
(extern_crate_declaration name: (_) @import)
(use_declaration argument: (scoped_identifier name: (identifier) @reference.import))
(use_list (identifier) @reference.import)
(use_list (scoped_identifier name: (identifier) @reference.import))
(use_as_clause path: (scoped_identifier name: (identifier) @reference.import))

(let_declaration pattern: (identifier) @local)
(parameter pattern: (identifier) @local)
(closure_parameters (identifier) @local)
(for_expression pattern: (identifier) @local)
(tuple_pattern (identifier) @local)
(tuple_struct_pattern (identifier) @local .)
(type_parameter name: (type_identifier) @local)

(impl_item trait: [(type_identifier) @implements (generic_type type: (type_identifier) @implements) (scoped_type_identifier name: (type_identifier) @implements) (generic_type type: (scoped_type_identifier name: (type_identifier) @implements))] type: [(type_identifier) @implementer (generic_type type: (type_identifier) @implementer) (scoped_type_identifier name: (type_identifier) @implementer) (reference_type type: (type_identifier) @implementer)])
(trait_item bounds: (trait_bounds [(type_identifier) @implements (generic_type type: (type_identifier) @implements) (scoped_type_identifier name: (type_identifier) @implements)]))

(call_expression function: (identifier) @reference.call)
(call_expression function: (scoped_identifier name: (identifier) @reference.call))
(call_expression function: (field_expression field: (field_identifier) @reference.call))
(generic_function function: (identifier) @reference.call)
(generic_function function: (scoped_identifier name: (identifier) @reference.call))
(macro_invocation macro: (identifier) @reference.call)
(macro_invocation macro: (scoped_identifier name: (identifier) @reference.call))
(field_expression field: (field_identifier) @reference.name)
(type_identifier) @reference.type
(identifier) @reference.name

[(line_comment) (block_comment) (attribute_item)] @doc

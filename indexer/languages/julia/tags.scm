(module_definition name: (identifier) @name) @definition.module
(struct_definition (type_head [(identifier) @name (parametrized_type_expression . (identifier) @name)])) @definition.struct
(struct_definition (type_head (binary_expression . [(identifier) @name (parametrized_type_expression . (identifier) @name)]))) @definition.struct
(abstract_definition (type_head [(identifier) @name (parametrized_type_expression . (identifier) @name)])) @definition.interface
(abstract_definition (type_head (binary_expression . [(identifier) @name (parametrized_type_expression . (identifier) @name)]))) @definition.interface
(primitive_definition (type_head (identifier) @name)) @definition.type
(primitive_definition (type_head (binary_expression . (identifier) @name))) @definition.type
(struct_definition (typed_expression . (identifier) @name) @definition.field)
(struct_definition (identifier) @name @definition.field)
(struct_definition (assignment . (typed_expression . (identifier) @name)) @definition.field)

; `function f(x) ... end`, `f(x) = ...`, both also with a result type, with `where`, and for another module's function.
(function_definition (signature (identifier) @name)) @declaration.function
(function_definition (signature [(call_expression . (identifier) @name) (_ . (call_expression . (identifier) @name)) (_ . (_ . (call_expression . (identifier) @name)))])) @definition.function
(function_definition (signature [(call_expression . (parametrized_type_expression . (identifier) @name)) (_ . (call_expression . (parametrized_type_expression . (identifier) @name)))])) @definition.function
(function_definition (signature [(call_expression . (field_expression value: (_) @container (identifier) @name .)) (_ . (call_expression . (field_expression value: (_) @container (identifier) @name .)))])) @definition.function
(function_definition (signature [(call_expression . (field_expression value: (_) @container (quote_expression (operator) @name))) (_ . (call_expression . (field_expression value: (_) @container (quote_expression (operator) @name))))])) @definition.function
(assignment . [(call_expression . (identifier) @name) (where_expression . (call_expression . (identifier) @name)) (typed_expression . (call_expression . (identifier) @name))]) @definition.function
(assignment . [(call_expression . (parametrized_type_expression . (identifier) @name)) (where_expression . (call_expression . (parametrized_type_expression . (identifier) @name)))]) @definition.function
(assignment . [(call_expression . (field_expression value: (_) @container (identifier) @name .)) (where_expression . (call_expression . (field_expression value: (_) @container (identifier) @name .)))]) @definition.function
(assignment . [(call_expression . (field_expression value: (_) @container (quote_expression (operator) @name))) (where_expression . (call_expression . (field_expression value: (_) @container (quote_expression (operator) @name))))]) @definition.function
(macro_definition (signature (call_expression . (identifier) @name))) @definition.macro
(macrocall_expression (macro_identifier (identifier) @_enum) (macro_argument_list . (identifier) @name) (#eq? @_enum "enum")) @definition.enum
(macrocall_expression (macro_identifier (identifier) @_enum) (macro_argument_list (identifier) @name @definition.enum_member) (#eq? @_enum "enum"))
(const_statement (assignment . (identifier) @name)) @definition.constant
(const_statement (assignment . (open_tuple (identifier) @name))) @definition.constant
(global_statement (assignment . (identifier) @name)) @definition.variable
(assignment . (identifier) @name) @definition.variable
(assignment . (open_tuple (identifier) @name)) @definition.variable
[(do_clause) (arrow_function_expression) (let_statement)] @scope

(macrocall_expression (macro_identifier (identifier) @_testset) (macro_argument_list . (string_literal (content) @name)) (#any-of? @_testset "testset" "testitem")) @definition.function @test

(using_statement [(identifier) (scoped_identifier) (import_path)] @import)
(import_statement [(identifier) (scoped_identifier) (import_path)] @import)
(import_alias . [(identifier) (scoped_identifier) (import_path)] @import)
(selected_import . (_) @import)
(selected_import (identifier) (identifier) @reference.import)
(using_statement (identifier) @reference.import)
(import_statement (identifier) @reference.import)
[(using_statement) (import_statement) (export_statement)] @imports
(call_expression . (identifier) @_include (argument_list . (string_literal) @import) (#eq? @_include "include"))

(signature [(call_expression (argument_list (identifier) @local)) (_ . (call_expression (argument_list (identifier) @local)))])
(assignment . [(call_expression (argument_list (identifier) @local)) (where_expression . (call_expression (argument_list (identifier) @local)))])
(argument_list (typed_expression . (identifier) @local))
(named_argument . (typed_expression . (identifier) @local))
(signature (call_expression (argument_list (named_argument . (identifier) @local))))
(do_clause (argument_list (identifier) @local))
(arrow_function_expression . (identifier) @local)
(for_binding . (identifier) @local)
(for_binding . (tuple_expression (identifier) @local))
(catch_clause . (identifier) @local)
(where_expression (curly_expression (identifier) @local))
(where_expression (curly_expression (binary_expression . (identifier) @local)))

(quote_expression (identifier) @skip)
(call_expression . (identifier) @reference.call)
(call_expression . (field_expression (identifier) @reference.call .))
(broadcast_call_expression . (identifier) @reference.call)
(macro_identifier (identifier) @reference.call)
(typed_expression (_) . (identifier) @reference.type)
(typed_expression (_) . (parametrized_type_expression . (identifier) @reference.type))
(type_head (binary_expression (_) . (operator) . (identifier) @reference.type))
(type_head (binary_expression (_) . (operator) . (parametrized_type_expression . (identifier) @reference.type)))
(identifier) @reference.name

[(line_comment) (block_comment)] @doc
[(source_file (string_literal) @doc) (module_definition (string_literal) @doc)]

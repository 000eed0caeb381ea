(package_clause (package_identifier) @name) @definition.module
(function_declaration name: (_) @name) @definition.function
(method_declaration receiver: (parameter_list (parameter_declaration type: (type_identifier) @container)) name: (_) @name) @definition.method
(method_declaration receiver: (parameter_list (parameter_declaration type: (pointer_type (type_identifier) @container))) name: (_) @name) @definition.method
(method_declaration receiver: (parameter_list (parameter_declaration type: (generic_type type: (type_identifier) @container))) name: (_) @name) @definition.method
(method_declaration receiver: (parameter_list (parameter_declaration type: (pointer_type (generic_type type: (type_identifier) @container)))) name: (_) @name) @definition.method
(type_spec name: (_) @name type: (struct_type)) @definition.struct
(type_spec name: (_) @name type: (interface_type)) @definition.interface
(type_spec name: (_) @name) @definition.type
(type_alias name: (_) @name) @definition.type
(method_elem name: (_) @name) @declaration.method
(field_declaration name: (_) @name) @definition.field
(const_spec name: (identifier) @name) @definition.constant
(var_spec name: (identifier) @name) @definition.variable
(type_declaration . (type_spec) .) @wrapper
(const_declaration . (const_spec) .) @wrapper
(var_declaration . (var_spec) .) @wrapper
(func_literal) @scope

((function_declaration name: (identifier) @_name parameters: (parameter_list (parameter_declaration type: (pointer_type (qualified_type package: (package_identifier) @_testing))))) @test (#prefix? @_name "Test" "Benchmark" "Fuzz") (#eq? @_testing "testing"))
((function_declaration name: (identifier) @_name !result) @test (#prefix? @_name "Example"))

(import_spec path: (_) @import)
(import_declaration) @imports
(parameter_declaration name: (identifier) @local)
(variadic_parameter_declaration name: (identifier) @local)
(short_var_declaration left: (expression_list (identifier) @local))
(range_clause left: (expression_list (identifier) @local))
(type_parameter_declaration name: (identifier) @local)

; What is embedded.
(field_declaration !name type: [(type_identifier) @implements (qualified_type name: (type_identifier) @implements)])
(interface_type (type_elem [(type_identifier) @implements (qualified_type name: (type_identifier) @implements)]))

(call_expression function: (identifier) @reference.call)
(call_expression function: (selector_expression field: (field_identifier) @reference.call))
(selector_expression field: (field_identifier) @reference.name)
((type_identifier) @skip (#any-of? @skip "any" "bool" "byte" "error" "float32" "float64" "int" "int8" "int16" "int32" "int64" "rune" "string" "uint" "uint8" "uint16" "uint32" "uint64" "uintptr"))
(type_identifier) @reference.type
(identifier) @reference.name

(comment) @doc

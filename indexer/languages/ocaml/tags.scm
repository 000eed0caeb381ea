(module_definition (module_binding . (module_name) @name)) @definition.module
(module_type_definition (module_type_name) @name) @definition.interface
(class_definition (class_binding (class_name) @name)) @definition.class
(class_type_definition (class_type_binding (class_type_name) @name)) @definition.interface
(method_definition (method_name) @name body: (_)) @definition.method
(method_definition (method_name) @name) @declaration.method
(method_specification (method_name) @name) @declaration.method
(instance_variable_definition (instance_variable_name) @name) @definition.field
(instance_variable_specification (instance_variable_name) @name) @declaration.field
(type_binding name: (type_constructor) @name body: (variant_declaration)) @definition.enum
(type_binding name: (type_constructor) @name body: (record_declaration)) @definition.struct
(type_binding name: (type_constructor) @name) @definition.type
(exception_definition (constructor_declaration . (constructor_name) @name)) @definition.type
(constructor_declaration . (constructor_name) @name) @definition.enum_member
(field_declaration . (field_name) @name) @definition.field
(external . (value_name) @name) @definition.function
(external . (parenthesized_operator (_) @name)) @definition.function
(value_specification . (value_name) @name) @declaration.function
(value_specification . (parenthesized_operator (_) @name)) @declaration.function
(value_definition (attribute_id) @_test (let_binding pattern: (string (string_content) @name)) (#prefix? @_test "test" "expect_test" "bench")) @definition.function @test
(let_binding pattern: [(value_name) @name (parenthesized_operator (_) @name)] . (parameter)) @definition.function
(let_binding pattern: (value_name) @name body: [(function_expression) (fun_expression)]) @definition.function
(let_expression (value_definition (let_binding pattern: (value_name) @name) @definition.variable))
(let_binding pattern: (value_name) @name) @definition.constant
(let_binding pattern: (typed_pattern pattern: (value_name) @name)) @definition.constant
(let_binding pattern: (tuple_pattern (value_name) @name)) @definition.constant
(value_definition . (let_binding) .) @wrapper
(type_definition . (type_binding) .) @wrapper
(fun_expression) @scope

((let_binding pattern: (value_name) @_name . (parameter)) @test (#prefix? @_name "test_"))

[(open_module) (include_module)] @imports
(open_module module: (module_path) @import)
(include_module module: (module_path) @import)
(open_module module: (module_path (module_name) @reference.import .))

(parameter pattern: (value_pattern) @local)
(parameter pattern: (typed_pattern pattern: (value_pattern) @local))
(parameter pattern: (tuple_pattern (value_pattern) @local))
(constructor_pattern pattern: (value_pattern) @local)
(constructor_pattern pattern: (tuple_pattern (value_pattern) @local))
(cons_pattern (value_pattern) @local)
(tuple_pattern (value_pattern) @local)
(list_pattern (value_pattern) @local)
(match_case pattern: (value_pattern) @local)
(object_expression self: (value_pattern) @local)
(module_parameter (module_name) @local)
(for_expression name: (value_pattern) @local)

(application_expression function: (value_path (value_name) @reference.call))
(application_expression function: (constructor_path (constructor_name) @reference.call))
(method_invocation method: (method_name) @reference.call)
[(type_constructor) (module_type_name) (class_name) (class_type_name)] @reference.type
[(value_name) (constructor_name) (module_name) (field_name) (method_name) (instance_variable_name)] @reference.name

(comment) @doc

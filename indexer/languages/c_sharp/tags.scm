(namespace_declaration name: (qualified_name) @imports)
(namespace_declaration name: (_) @name) @definition.module
(file_scoped_namespace_declaration name: (_) @name) @definition.module
(class_declaration name: (_) @name) @definition.class
(record_declaration name: (_) @name) @definition.class
(struct_declaration name: (_) @name) @definition.struct
(interface_declaration name: (_) @name) @definition.interface
(enum_declaration name: (_) @name) @definition.enum
(enum_member_declaration name: (_) @name) @definition.enum_member
(delegate_declaration name: (_) @name) @definition.type
(constructor_declaration name: (_) @name) @definition.constructor
(destructor_declaration name: (_) @name) @definition.method
(method_declaration name: (_) @name body: (_)) @definition.method
(method_declaration name: (_) @name) @declaration.method
(local_function_statement name: (_) @name) @definition.function
(property_declaration name: (_) @name) @definition.property
(event_declaration name: (_) @name) @definition.property
(event_field_declaration (variable_declaration (variable_declarator name: (_) @name))) @definition.field
(field_declaration (modifier "const") (variable_declaration (variable_declarator name: (_) @name))) @definition.constant
(field_declaration (variable_declaration (variable_declarator name: (_) @name))) @definition.field
[(lambda_expression) (anonymous_method_expression)] @scope

; NUnit, xUnit, MSTest.
(method_declaration (attribute_list (attribute name: (identifier) @_test)) (#any-of? @_test "Test" "TestCase" "TestCaseSource" "Fact" "Theory" "TestMethod" "DataTestMethod")) @test

(using_directive) @imports
(using_directive [(identifier) (qualified_name)] @import)
(local_declaration_statement (variable_declaration (variable_declarator name: (identifier) @local)))
(parameter name: (identifier) @local)
(parameter_list name: (identifier) @local)
(foreach_statement left: (identifier) @local)
(catch_declaration name: (identifier) @local)
(declaration_pattern name: (identifier) @local)
(type_parameter name: (identifier) @local)

(base_list [(identifier) @implements (generic_name . (identifier) @implements) (qualified_name name: (identifier) @implements)])

(invocation_expression function: (identifier) @reference.call)
(invocation_expression function: (member_access_expression name: (identifier) @reference.call))
(invocation_expression function: (member_access_expression name: (generic_name (identifier) @reference.call)))
(invocation_expression function: (generic_name (identifier) @reference.call))
(object_creation_expression type: (identifier) @reference.type)
(generic_name (identifier) @reference.type)
(base_list (identifier) @reference.type)
(attribute name: (identifier) @reference.type)
(variable_declaration type: (identifier) @reference.type)
(parameter type: (identifier) @reference.type)
(method_declaration returns: (identifier) @reference.type)
(property_declaration type: (identifier) @reference.type)
(identifier) @reference.name

(comment) @doc

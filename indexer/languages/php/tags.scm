(namespace_definition name: (namespace_name) @name) @definition.module
(class_declaration name: (name) @name) @definition.class
(interface_declaration name: (name) @name) @definition.interface
(trait_declaration name: (name) @name) @definition.class
(enum_declaration name: (name) @name) @definition.enum
(enum_case name: (name) @name) @definition.enum_member
(method_declaration name: (name) @name (#eq? @name "__construct")) @definition.constructor
(method_declaration name: (name) @name body: (_)) @definition.method
(method_declaration name: (name) @name) @declaration.method
(function_definition name: (name) @name) @definition.function
(property_declaration (property_element name: (variable_name (name) @name))) @definition.field
(const_declaration (const_element . (name) @name)) @definition.constant
(function_call_expression function: (name) @_define arguments: (arguments . (argument (string (string_content) @name))) (#eq? @_define "define")) @definition.constant
(program (expression_statement (assignment_expression left: (variable_name (name) @name))) @definition.variable)
(namespace_definition body: (compound_statement (expression_statement (assignment_expression left: (variable_name (name) @name))) @definition.variable))
[(anonymous_function) (arrow_function) (anonymous_class)] @scope

; PHPUnit and Pest.
(class_declaration body: (declaration_list (method_declaration name: (name) @_name) @test (#prefix? @_name "test")))
(method_declaration attributes: (attribute_list (attribute_group (attribute (name) @_attribute))) (#any-of? @_attribute "Test" "TestWith" "DataProvider")) @test
(function_call_expression function: (name) @_it arguments: (arguments . (argument (string (string_content) @name)) . (argument [(anonymous_function) (arrow_function)])) (#any-of? @_it "it" "test")) @definition.function @test
(function_call_expression function: (name) @_describe arguments: (arguments . (argument (string (string_content) @name)) . (argument (anonymous_function))) (#eq? @_describe "describe")) @scope

[(namespace_definition name: (namespace_name) @imports) (namespace_use_declaration) @imports]
(namespace_use_declaration (namespace_use_clause (qualified_name) @import))
(namespace_use_declaration (namespace_name) @import)
(namespace_use_clause (qualified_name (name) @reference.import))
(namespace_use_clause . (name) @reference.import)
[(require_expression (string) @import) (require_once_expression (string) @import) (include_expression (string) @import) (include_once_expression (string) @import)]
[(require_once_expression (binary_expression right: (string) @import)) (require_expression (binary_expression right: (string) @import)) (include_once_expression (binary_expression right: (string) @import)) (include_expression (binary_expression right: (string) @import))]

((name) @skip (#any-of? @skip "self" "static" "parent" "true" "false" "null" "TRUE" "FALSE" "NULL" "__DIR__" "__FILE__" "__LINE__" "__CLASS__" "__FUNCTION__" "__METHOD__" "__NAMESPACE__"))
(function_call_expression function: [(name) @reference.call (qualified_name (name) @reference.call)])
(member_call_expression name: (name) @reference.call)
(nullsafe_member_call_expression name: (name) @reference.call)
(scoped_call_expression name: (name) @reference.call)
(scoped_call_expression scope: [(name) @reference.type (qualified_name (name) @reference.type)])
(scoped_property_access_expression scope: [(name) @reference.type (qualified_name (name) @reference.type)])
(scoped_property_access_expression name: (variable_name (name) @reference.name))
(class_constant_access_expression . [(name) @reference.type (qualified_name (name) @reference.type)])
(class_constant_access_expression (_) . (name) @reference.name)
(object_creation_expression [(name) @reference.type (qualified_name (name) @reference.type)])
(named_type [(name) @reference.type (qualified_name (name) @reference.type)])
(base_clause [(name) @reference.type (qualified_name (name) @reference.type)])
(class_interface_clause [(name) @reference.type (qualified_name (name) @reference.type)])
(use_declaration [(name) @reference.type (qualified_name (name) @reference.type)])
(base_clause [(name) @implements (qualified_name (name) @implements)])
(class_interface_clause [(name) @implements (qualified_name (name) @implements)])
(class_declaration body: (declaration_list (use_declaration [(name) @implements (qualified_name (name) @implements)])))
(attribute [(name) @reference.type (qualified_name (name) @reference.type)])
(binary_expression operator: "instanceof" right: [(name) @reference.type (qualified_name (name) @reference.type)])
(member_access_expression name: (name) @reference.name)
(nullsafe_member_access_expression name: (name) @reference.name)
[(argument (name) @reference.name) (binary_expression (name) @reference.name) (return_statement (name) @reference.name) (array_element_initializer (name) @reference.name)]
(assignment_expression right: (name) @reference.name)

(comment) @doc

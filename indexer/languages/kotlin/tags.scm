(package_header (qualified_identifier) @name) @definition.module
(class_declaration "interface" name: (identifier) @name) @definition.interface
(class_declaration (modifiers (class_modifier "enum")) name: (identifier) @name) @definition.enum
(class_declaration name: (identifier) @name) @definition.class
(object_declaration name: (identifier) @name) @definition.class
(companion_object name: (identifier) @name) @definition.class
(enum_entry . (identifier) @name) @definition.enum_member
(enum_entry (modifiers) . (identifier) @name) @definition.enum_member
(secondary_constructor "constructor" @name) @definition.constructor
(function_declaration name: (identifier) @name (function_body)) @definition.function
(function_declaration name: (identifier) @name) @declaration.function
(type_alias type: (identifier) @name) @definition.type
(class_parameter ["val" "var"] . (identifier) @name) @definition.property
(property_declaration (modifiers (property_modifier "const")) (variable_declaration . (identifier) @name)) @definition.constant
(class_body (property_declaration (variable_declaration . (identifier) @name)) @definition.property)
(enum_class_body (property_declaration (variable_declaration . (identifier) @name)) @definition.property)
(property_declaration (variable_declaration . (identifier) @name)) @definition.variable
(property_declaration (multi_variable_declaration (variable_declaration . (identifier) @name))) @definition.variable
[(lambda_literal) (anonymous_function) (anonymous_initializer) (getter) (setter)] @scope

(function_declaration (modifiers (annotation (user_type (identifier) @_annotation))) (#any-of? @_annotation "Test" "ParameterizedTest" "RepeatedTest" "TestFactory")) @test

[(package_header) (import)] @imports
(import (qualified_identifier) @import)
(import (qualified_identifier (identifier) @reference.import .))

(parameter . (identifier) @local)
(class_parameter . (identifier) @local)
(lambda_parameters (variable_declaration . (identifier) @local))
(lambda_parameters (multi_variable_declaration (variable_declaration . (identifier) @local)))
(for_statement (variable_declaration . (identifier) @local))
(for_statement (multi_variable_declaration (variable_declaration . (identifier) @local)))
(catch_block . (identifier) @local)
(type_parameter . (identifier) @local)

((identifier) @skip (#any-of? @skip "null" "true" "false" "it"))
(value_argument . (identifier) @skip "=")
(delegation_specifier [(user_type (identifier) @implements) (constructor_invocation (user_type (identifier) @implements))])
(call_expression . (identifier) @reference.call)
(call_expression . (navigation_expression (identifier) @reference.call .))
(user_type (identifier) @reference.type)
(identifier) @reference.name

[(line_comment) (block_comment)] @doc

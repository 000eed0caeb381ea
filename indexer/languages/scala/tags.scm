(package_clause name: (package_identifier) @name) @definition.module
(package_object name: (identifier) @name) @definition.class
(class_definition name: (identifier) @name) @definition.class
(object_definition name: (identifier) @name) @definition.class
(trait_definition name: (identifier) @name) @definition.interface
(enum_definition name: (identifier) @name) @definition.enum
(simple_enum_case name: (identifier) @name) @definition.enum_member
(full_enum_case name: (identifier) @name) @definition.enum_member
(type_definition name: (type_identifier) @name type: (_)) @definition.type
(type_definition name: (type_identifier) @name) @declaration.type
(function_definition name: (identifier) @name (#eq? @name "this")) @definition.constructor
(function_definition name: (_) @name) @definition.function
(function_declaration name: (_) @name) @declaration.function
(given_definition name: (identifier) @name) @definition.constant
(given_definition name: (identifier) @name) @scope
(class_parameter ["val" "var"] . name: (identifier) @name) @definition.property
(class_definition "case" class_parameters: (class_parameters (class_parameter name: (identifier) @name) @definition.property))
(template_body (val_definition pattern: (identifier) @name) @definition.property)
(template_body (val_definition pattern: (_ (identifier) @name)) @definition.property)
(template_body (var_definition pattern: (identifier) @name) @definition.property)
(template_body (var_definition pattern: (_ (identifier) @name)) @definition.property)
(val_declaration name: (identifier) @name) @declaration.property
(var_declaration name: (identifier) @name) @declaration.property
(val_definition pattern: (identifier) @name) @definition.constant
(var_definition pattern: (identifier) @name) @definition.variable
[(lambda_expression) (extension_definition)] @scope

; ScalaTest and JUnit.
(call_expression function: (call_expression function: (identifier) @_test arguments: (arguments . (string) @name)) arguments: (block) (#any-of? @_test "test" "it" "scenario" "property")) @definition.function @test
(infix_expression left: (infix_expression right: (string) @name) operator: (identifier) @_in right: (block) (#eq? @_in "in")) @definition.function @test
(infix_expression left: (string) @name operator: (identifier) @_in right: (block) (#eq? @_in "in")) @definition.function @test
(function_definition (annotation name: (type_identifier) @_annotation) (#any-of? @_annotation "Test" "ParameterizedTest")) @test

[(package_clause) (import_declaration)] @imports
(import_declaration) @import
(import_declaration path: (identifier) @reference.import @_type (#prefix? @_type "A" "B" "C" "D" "E" "F" "G" "H" "I" "J" "K" "L" "M" "N" "O" "P" "Q" "R" "S" "T" "U" "V" "W" "X" "Y" "Z"))
(namespace_selectors (identifier) @reference.import)
(namespace_selectors (arrow_renamed_identifier name: (identifier) @reference.import))
(namespace_selectors (as_renamed_identifier name: (identifier) @reference.import))

(parameter name: (identifier) @local)
(class_parameter name: (identifier) @local)
(binding name: (identifier) @local)
(lambda_expression parameters: (identifier) @local)
(enumerator . (identifier) @local)
(enumerator . (tuple_pattern (identifier) @local))
(case_clause pattern: (identifier) @local)
(case_clause pattern: (tuple_pattern (identifier) @local))
(typed_pattern pattern: (identifier) @local)
(capture_pattern name: (identifier) @local)
(case_class_pattern (identifier) @local)
(type_parameters name: (identifier) @local)

((identifier) @skip (#any-of? @skip "super" "null"))
(interpolated_string_expression interpolator: (identifier) @skip)
(extends_clause [(type_identifier) @implements (generic_type type: (type_identifier) @implements) (stable_type_identifier (type_identifier) @implements)])
(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression field: (identifier) @reference.call))
(generic_function function: (identifier) @reference.call)
(generic_function function: (field_expression field: (identifier) @reference.call))
(annotation name: (type_identifier) @reference.type)
(case_class_pattern type: (type_identifier) @reference.type)
(type_identifier) @reference.type
(identifier) @reference.name

[(comment) (block_comment)] @doc

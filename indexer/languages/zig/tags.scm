(variable_declaration "const" . (identifier) @name (struct_declaration)) @definition.struct
(variable_declaration "const" . (identifier) @name (union_declaration)) @definition.struct
(variable_declaration "const" . (identifier) @name (enum_declaration)) @definition.enum
(variable_declaration "const" . (identifier) @name (error_set_declaration)) @definition.enum
(variable_declaration "const" . (identifier) @name (opaque_declaration)) @definition.type
(variable_declaration "const" . (identifier) @name) @definition.constant
(variable_declaration "var" . (identifier) @name) @definition.variable
(function_declaration name: (identifier) @name type: (builtin_type) @_type body: (_) (#eq? @_type "type")) @definition.struct
(function_declaration name: (identifier) @name body: (_)) @definition.function
(function_declaration name: (identifier) @name) @declaration.function
(enum_declaration (container_field name: (identifier) @name) @definition.enum_member)
(error_set_declaration (identifier) @name @definition.enum_member)
(container_field name: (identifier) @name) @definition.field
(test_declaration . (string) @name) @definition.function @test
(test_declaration . (identifier) @name) @definition.function @test
(comptime_declaration) @scope

(builtin_function (builtin_identifier) @_import (arguments (string) @import) (#any-of? @_import "@import" "@embedFile"))

(parameter name: (identifier) @local)
(payload (identifier) @local)

((identifier) @skip (#eq? @skip "_"))
(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression member: (identifier) @reference.call))
(parameter type: (identifier) @reference.type)
(parameter type: (_ (identifier) @reference.type))
(function_declaration type: (identifier) @reference.type)
(function_declaration type: (_ (identifier) @reference.type))
(container_field type: (identifier) @reference.type)
(container_field type: (_ (identifier) @reference.type))
(variable_declaration type: (identifier) @reference.type)
(struct_initializer . (identifier) @reference.type)
(identifier) @reference.name

(comment) @doc

(decorated_definition) @wrapper
(class_definition name: (identifier) @name) @definition.class
(class_definition body: (block (function_definition name: (identifier) @name (#eq? @name "__init__")) @definition.constructor))
(class_definition body: (block (decorated_definition definition: (function_definition name: (identifier) @name) @definition.method)))
(class_definition body: (block (function_definition name: (identifier) @name) @definition.method))
(function_definition name: (identifier) @name) @definition.function
(class_definition body: (block (expression_statement (assignment left: (identifier) @name) @definition.field)))
(module (expression_statement (assignment left: (identifier) @name (#upper-case? @name)) @definition.constant))
(assignment left: (identifier) @name) @definition.variable
(module (expression_statement (assignment left: (pattern_list (identifier) @name (#upper-case? @name))) @definition.constant))
(assignment left: (pattern_list (identifier) @name)) @definition.variable
(type_alias_statement left: (type (identifier) @name)) @definition.type

; pytest and unittest.
((function_definition name: (identifier) @_name) @test (#prefix? @_name "test_"))
(class_definition superclasses: (argument_list) body: (block (function_definition name: (identifier) @_name) @test (#prefix? @_name "test")))

(parameters (identifier) @local)
(parameters (typed_parameter (identifier) @local))
(list_splat_pattern (identifier) @local)
(dictionary_splat_pattern (identifier) @local)
(default_parameter name: (identifier) @local)
(typed_default_parameter name: (identifier) @local)
(for_statement left: (identifier) @local)
(for_in_clause left: (identifier) @local)
(pattern_list (identifier) @local)
(as_pattern_target (identifier) @local)

(import_statement name: (dotted_name) @import)
(import_statement name: (aliased_import name: (dotted_name) @import))
(import_from_statement module_name: (_) @import)
(import_from_statement module_name: (_) @import name: (dotted_name . (identifier) @item .))
(import_from_statement module_name: (_) @import name: (aliased_import name: (dotted_name . (identifier) @item .)))
(import_statement name: (dotted_name . (identifier) @reference.import .))
(import_from_statement name: (dotted_name (identifier) @reference.import .))
(import_from_statement name: (aliased_import name: (dotted_name (identifier) @reference.import .)))

(call function: (identifier) @reference.call)
(call function: (attribute attribute: (identifier) @reference.call))
(decorator (identifier) @reference.call)
(type (identifier) @reference.type)
(class_definition superclasses: (argument_list (identifier) @reference.type))
(class_definition superclasses: (argument_list (attribute attribute: (identifier) @reference.type)))
(class_definition superclasses: (argument_list [(identifier) @implements (attribute attribute: (identifier) @implements) (subscript value: (identifier) @implements)]))
(keyword_argument name: (identifier) @skip)
[(import_statement) (import_from_statement)] @imports
(identifier) @reference.name

(comment) @doc

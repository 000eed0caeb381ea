(module name: (constant) @name) @definition.module
(module name: (scope_resolution scope: (_) @container name: (_) @name)) @definition.module
(class name: (constant) @name) @definition.class
(class name: (scope_resolution scope: (_) @container name: (_) @name)) @definition.class
(assignment left: (constant) @name right: (call receiver: (constant) @_base method: (identifier) @_new (#any-of? @_base "Struct" "Class" "Data") (#any-of? @_new "new" "define"))) @definition.class
(method name: (identifier) @name (#eq? @name "initialize")) @definition.constructor
(module body: (body_statement (method name: (_) @name) @definition.method))
(method name: (_) @name) @definition.function
(singleton_method name: (_) @name) @definition.method
(alias name: (_) @name) @definition.method
(call method: (identifier) @_define arguments: (argument_list . (simple_symbol) @name) (#any-of? @_define "define_method" "define_singleton_method" "alias_method")) @definition.method
(call method: (identifier) @_attr arguments: (argument_list (simple_symbol) @name) (#any-of? @_attr "attr" "attr_reader" "attr_writer" "attr_accessor" "cattr_accessor" "mattr_accessor" "class_attribute")) @definition.property
(assignment left: (constant) @name) @definition.constant
(assignment left: (scope_resolution scope: (_) @container name: (constant) @name)) @definition.constant
(operator_assignment left: (constant) @name) @definition.constant
(assignment left: (left_assignment_list (constant) @name)) @definition.constant
(class body: (body_statement (assignment left: (class_variable) @name) @definition.field))
(program (assignment left: (global_variable) @name) @definition.variable)

; Minitest, Rails, RSpec.
((method name: (identifier) @_name) @test (#prefix? @_name "test_"))
(call method: (identifier) @_it arguments: (argument_list . (string (string_content) @name)) block: (_) (#any-of? @_it "it" "test" "specify" "example" "scenario" "should")) @definition.function @test
(call method: (identifier) @_describe arguments: (argument_list . (string (string_content) @name)) block: (_) (#any-of? @_describe "describe" "context" "feature")) @scope
(call method: (identifier) @_describe arguments: (argument_list . (constant) @name) block: (_) (#any-of? @_describe "describe" "context" "feature")) @scope
[(block) (do_block) (lambda)] @scope

(call method: (identifier) @_require arguments: (argument_list . (string) @import) (#any-of? @_require "require" "require_relative" "load")) @imports

(method_parameters (identifier) @local)
(block_parameters (identifier) @local)
(lambda_parameters (identifier) @local)
(optional_parameter name: (identifier) @local)
(keyword_parameter name: (identifier) @local)
(splat_parameter name: (identifier) @local)
(hash_splat_parameter name: (identifier) @local)
(block_parameter name: (identifier) @local)
(destructured_parameter (identifier) @local)
(exception_variable (identifier) @local)
(assignment left: (identifier) @local)
(operator_assignment left: (identifier) @local)
(left_assignment_list (identifier) @local)
(for pattern: (identifier) @local)

((identifier) @skip (#any-of? @skip "attr" "attr_reader" "attr_writer" "attr_accessor" "alias_method" "define_method" "include" "extend" "prepend" "private" "protected" "public" "module_function" "private_constant" "raise" "puts" "require" "require_relative" "lambda" "proc" "loop" "block_given?"))
(call method: [(identifier) (constant)] @reference.call)
(call receiver: (constant) @reference.type)
(superclass [(constant) @implements (scope_resolution name: (constant) @implements)])
(call method: (identifier) @_mixin arguments: (argument_list [(constant) @implements (scope_resolution name: (constant) @implements)]) (#any-of? @_mixin "include" "extend" "prepend"))
(superclass (constant) @reference.type)
(scope_resolution name: (constant) @reference.type)
(exceptions (constant) @reference.type)
(call method: (identifier) @_mixin arguments: (argument_list (constant) @reference.type) (#any-of? @_mixin "include" "extend" "prepend"))
[(identifier) (constant) (instance_variable) (class_variable) (global_variable)] @reference.name

(comment) @doc

; inherits: cpp
(call_expression function: (identifier) @reference.call (kernel_call_syntax))

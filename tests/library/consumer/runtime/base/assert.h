#error "the library must not include a file of the project that uses it"

// The bytes of the console's page, as a constant.
    .section .rodata
    .global fulmar_console_page_begin
    .global fulmar_console_page_end
fulmar_console_page_begin:
    .incbin FULMAR_CONSOLE_PAGE_BUNDLE
fulmar_console_page_end:
    .section .note.GNU-stack,"",%progbits

// The bytes of the page, as a constant.
    .section .rodata
    .global fulmar_page_begin
    .global fulmar_page_end
fulmar_page_begin:
    .incbin FULMAR_PAGE_BUNDLE
fulmar_page_end:
    .section .note.GNU-stack,"",%progbits

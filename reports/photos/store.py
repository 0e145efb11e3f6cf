from django.core.files.storage import FileSystemStorage as DurableFileStorage

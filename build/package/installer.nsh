; Builder's installer knows no protocols. The same keys as the app writes itself when it starts, so that links work
; before that; those of Matrix stay with whoever has them.
!macro registerScheme SCHEME
  WriteRegStr SHELL_CONTEXT "Software\Classes\${SCHEME}" "" "URL:${SCHEME}"
  WriteRegStr SHELL_CONTEXT "Software\Classes\${SCHEME}" "URL Protocol" ""
  WriteRegStr SHELL_CONTEXT "Software\Classes\${SCHEME}\shell\open\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" "--" "%1"'
!macroend

; Removes a scheme where it is ours.
!macro forgetScheme SCHEME
  ReadRegStr $0 SHELL_CONTEXT "Software\Classes\${SCHEME}\shell\open\command" ""
  ${if} $0 == '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" "--" "%1"'
    DeleteRegKey SHELL_CONTEXT "Software\Classes\${SCHEME}"
  ${endIf}
!macroend

!macro customInstall
  !insertmacro registerScheme "carillon"
  ReadRegStr $0 HKCR "matrix\shell\open\command" ""
  ${if} $0 == ""
    !insertmacro registerScheme "matrix"
  ${endIf}
!macroend

!macro customUnInstall
  ${ifNot} ${isUpdated}
    !insertmacro forgetScheme "carillon"
    !insertmacro forgetScheme "matrix"
    ; What the app writes to start at login.
    DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "${APP_ID}"
  ${endIf}
!macroend
